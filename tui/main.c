/* main: the environment, the places of files, and nothing else; cli.c does the rest. Only this file reads the environment. */
#include "engine/engine.h"
#include "tui/screen.h"
#include "tui/tui_int.h"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct places {
	char data[PATH_MAX], state[PATH_MAX], cache[PATH_MAX], assets[PATH_MAX], relations[PATH_MAX], config[PATH_MAX], model[PATH_MAX + 32];
} places;

/* A descriptor that is closed at the start would be given to the next file opened, and printed into. What is opened in its
 * place reads as empty and refuses writing, so that lost output shows in the exit code. */
static void open_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(EXIT_RUNTIME);
}

static const char *home_dir(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home == '/')
		return home;
	user = getpwuid(getuid());
	return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

/* $XDG_x_HOME/imprint, or ~/fallback/imprint; NULL when neither is known. */
static const char *place(char *out, size_t cap, const char *variable, const char *fallback)
{
	const char *base = getenv(variable), *home = home_dir();
	int n;

	if (base && *base == '/')
		n = snprintf(out, cap, "%s/imprint", base);
	else if (home)
		n = snprintf(out, cap, "%s/%s/imprint", home, fallback);
	else
		return NULL;
	return n < 0 || (size_t)n >= cap ? NULL : out;
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

static void settings_from_environment(settings *s, places *p)
{
	const char *assets = getenv("IMPRINT_ASSETS"), *model = getenv("IMPRINT_MODEL"), *no_color = getenv("NO_COLOR");
	char buffer[PATH_MAX - 32];
	const char *config = place(buffer, sizeof(buffer), "XDG_CONFIG_HOME", ".config");

	if (config)
		snprintf(p->config, sizeof(p->config), "%s/config", config);
	if (config)
		snprintf(p->relations, sizeof(p->relations), "%s/relations.txt", config);
	if (assets && *assets)
		snprintf(p->assets, sizeof(p->assets), "%s", assets);
	else
		find_assets(p->assets, sizeof(p->assets));
	snprintf(p->model, sizeof(p->model), "%s/imprint-base.gguf", p->assets);
	*s = (settings){ .model = model && *model ? model : p->model,
			 .data_dir = place(p->data, sizeof(p->data), "XDG_DATA_HOME", ".local/share"),
			 .state_dir = place(p->state, sizeof(p->state), "XDG_STATE_HOME", ".local/state"),
			 .cache_dir = place(p->cache, sizeof(p->cache), "XDG_CACHE_HOME", ".cache"),
			 .assets_dir = p->assets, .user_relations = config ? p->relations : NULL, .home = home_dir(),
			 .cpu_mask = ~0u, .warm_start = true, .practice = true, .color = no_color && *no_color ? 0 : -1,
			 .config = config ? p->config : NULL, .model_env = model && *model, .learn_mode = LEARN_AUTO };
}

/* A model file that was cut short reads as zeros from then on; everything else is a crash. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!engine_fault(info->si_addr))
		screen_crash(sig);
}

int main(int argc, char **argv)
{
	static places p;
	struct sigaction bus = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	settings s;

	open_standard_files();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* figures are written the same everywhere */
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGBUS, &bus, NULL);
	umask(077);
	settings_from_environment(&s, &p);
	return cli_run(argc, argv, &s);
}
