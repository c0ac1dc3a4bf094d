/* main: the environment, the places of files, and nothing else; cli.c does the rest. Only this file reads the environment. */
#include "tui/tui_int.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct places {
	char data[PATH_MAX], state[PATH_MAX], cache[PATH_MAX], assets[PATH_MAX], relations[PATH_MAX], model[PATH_MAX + 32];
} places;

/* $XDG_x_HOME/imprint, or ~/fallback/imprint. */
static int place(char *out, size_t cap, const char *variable, const char *fallback)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int n;

	if (base && *base == '/')
		n = snprintf(out, cap, "%s/imprint", base);
	else if (home && *home)
		n = snprintf(out, cap, "%s/%s/imprint", home, fallback);
	else
		return -1;
	return n < 0 || (size_t)n >= cap ? -1 : 0;
}

/* The assets lie beside the program, or under PREFIX/share/imprint. */
static void find_assets(char *out, size_t cap)
{
	char exe[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n > 0) {
		exe[n] = 0;
		slash = strrchr(exe, '/');
		if (slash) {
			/* ./imprint, then build/VARIANT/imprint */
			static const char *const beside[] = { "assets", "../../assets", "../share/imprint" };

			*slash = 0;
			for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
				char table[PATH_MAX + 64];

				if (snprintf(out, cap, "%s/%s", exe, beside[i]) >= (int)cap)
					continue;
				snprintf(table, sizeof(table), "%s/relations.txt", out);
				if (!access(table, R_OK))
					return;
			}
		}
	}
	snprintf(out, cap, "%s/share/imprint", IMPRINT_PREFIX);
}

static int settings_from_environment(settings *s, places *p)
{
	const char *assets = getenv("IMPRINT_ASSETS"), *model = getenv("IMPRINT_MODEL"), *no_color = getenv("NO_COLOR");
	char config[PATH_MAX - 32];

	if (place(p->data, sizeof(p->data), "XDG_DATA_HOME", ".local/share") ||
	    place(p->state, sizeof(p->state), "XDG_STATE_HOME", ".local/state") ||
	    place(p->cache, sizeof(p->cache), "XDG_CACHE_HOME", ".cache") ||
	    place(config, sizeof(config), "XDG_CONFIG_HOME", ".config")) {
		fputs("imprint: neither HOME nor the XDG variables say where to keep what is learned: set HOME\n", stderr);
		return EXIT_RUNTIME;
	}
	snprintf(p->relations, sizeof(p->relations), "%s/relations.txt", config);
	if (assets && *assets)
		snprintf(p->assets, sizeof(p->assets), "%s", assets);
	else
		find_assets(p->assets, sizeof(p->assets));
	snprintf(p->model, sizeof(p->model), "%s/imprint-base.gguf", p->assets);
	*s = (settings){ .model = model && *model ? model : p->model, .data_dir = p->data, .state_dir = p->state,
			 .cache_dir = p->cache, .assets_dir = p->assets, .user_relations = p->relations,
			 .cpu_mask = ~0u, .warm_start = true, .color = no_color && *no_color ? 0 : -1,
			 .learn_mode = LEARN_AUTO };
	return 0;
}

int main(int argc, char **argv)
{
	static places p;
	settings s;
	int code;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* figures are written the same everywhere */
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	code = settings_from_environment(&s, &p);
	return code ? code : cli_run(argc, argv, &s);
}
