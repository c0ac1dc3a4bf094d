/* imprint export and /export: what the user gets to see of engine/export.c. */
#include "tui/turn_export.h"

#include "engine/out_file.h"
#include "tui/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char export_privacy[] =
	"It holds what you told: whoever has the file can ask it for that. Only you may read it now (mode 0600).";

/* Of the facts known, how many are in the weights. */
static int count_facts(const app *a, size_t *held, size_t *known, char *err, size_t errlen)
{
	fact *f = NULL;
	int rc = a->memory ? memory_facts(a->memory, NULL, true, &f, known, err, errlen) : 0;

	for (size_t i = 0; !rc && i < *known; i++)
		*held += f[i].edit_state == EDIT_VERIFIED;
	if (!rc)
		facts_free(f, *known);
	return rc;
}

static void say_json(FILE *out, const engine_info *i, const char *path, const engine_exported *x, size_t held, size_t known)
{
	fprintf(out, "{\"format\":\"%s\",\"file\":", x->rank ? "lora" : "gguf");
	json_string(out, path);
	fprintf(out, ",\"bytes\":%zu,\"base\":\"%s\",\"facts\":%zu,\"left_out\":%zu,\"tensor\":\"%s\",\"type\":\"%s\"", x->bytes,
		i->hash, held, known - held, x->tensor, x->type);
	if (x->rank) {
		fprintf(out, ",\"rank\":%zu,\"residual\":", x->rank);
		json_number(out, x->residual);
	}
	fputs("}\n", out);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void say_text(FILE *out, const engine_info *i, const char *path, const engine_exported *x, size_t held, size_t known)
{
	char line[512], *clean = text_sanitise(path, strlen(path));

	fprintf(out, "%s: ", clean ? clean : "");
	free(clean);
	snprintf(line, sizeof(line), "%s", i->name);
	clean = text_sanitise(line, strlen(line));
	if (x->rank)
		fprintf(out, "a LoRA adapter for %s with %zu fact%s, %.2f MB: rank %zu, residual %.1e\n", clean ? clean : "", held,
			plural(held), (double)x->bytes * 1e-6, x->rank, x->residual);
	else
		fprintf(out, "%s with %zu fact%s in its weights, %.1f MB: %s is new (%s), all else as it was\n", clean ? clean : "",
			held, plural(held), (double)x->bytes * 1e-6, x->tensor, x->type);
	free(clean);
	if (known > held)
		fprintf(out, "%zu known fact%s not in the weights yet, so not in the file either.\n", known - held,
			known - held == 1 ? " is" : "s are");
}

int export_run(app *a, FILE *out, enum engine_export_as as, const char *path, bool overwrite, bool json, char *err,
	       size_t errlen)
{
	engine_exported x;
	size_t held = 0, known = 0;
	int rc = count_facts(a, &held, &known, err, errlen);

	if (!rc)
		rc = engine_export(a->engine, as, path, overwrite, &x, a->stop_reply, a->arg, err, errlen);
	if (!rc)
		(json ? say_json : say_text)(out, engine_describe(a->engine), path, &x, held, known);
	return rc;
}

/* ---- /export ---- */

static bool take_word(const char **s, const char *word)
{
	size_t len = strlen(word);
	bool is = !strncmp(*s, word, len) && ((*s)[len] == 0 || strchr(" \t", (*s)[len]));

	if (is)
		*s += len + strspn(*s + len, " \t");
	return is;
}

/* Takes " --force" from the end. */
static bool take_last(char *s, const char *word)
{
	size_t n = strlen(s), len = strlen(word);

	if (n <= len || strcmp(s + n - len, word) || !strchr(" \t", s[n - len - 1]))
		return false;
	for (n -= len; n && strchr(" \t", s[n - 1]);)
		n--;
	s[n] = 0;
	return true;
}

/* No shell has read the name: quotes around it go, ~/ is the home folder. */
char *export_file_name(const app *a, const char *s)
{
	size_t n = strlen(s);
	char *path = NULL;

	if (n >= 2 && strchr("\"'", s[0]) && s[n - 1] == s[0]) {
		s++;
		n -= 2;
	}
	if (n > 1 && !strncmp(s, "~/", 2) && a->set->home)
		return asprintf(&path, "%s/%.*s", a->set->home, (int)n - 2, s + 2) < 0 ? NULL : path;
	return strndup(s, n);
}

int export_command(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	bool force = take_word(&args, "--force");
	bool lora = take_word(&args, "lora") || take_word(&args, "--lora");
	bool given = lora || take_word(&args, "gguf") || take_word(&args, "--gguf");
	char *rest = strdup(args), *path;
	int rc = MEMORY_EARG;

	if (rest)
		force |= take_last(rest, "--force");
	path = rest ? export_file_name(a, rest) : NULL;
	if (!path)
		snprintf(err, errlen, "out of memory");
	else if (!given || !*path)
		snprintf(err, errlen, "/export gguf FILE: the model with what it learned; /export lora FILE: what it learned alone");
	else
		rc = export_run(a, out, lora ? ENGINE_EXPORT_LORA : ENGINE_EXPORT_MODEL, path, force, false, err, errlen);
	if (!rc)
		fprintf(out, "%s\n", export_privacy);
	free(path);
	free(rest);
	return rc;
}

/* ---- text ---- */

static bool is_ledger(const app *a, const char *path)
{
	char ledger[4200];
	struct stat st, own;

	snprintf(ledger, sizeof(ledger), "%s/ledger.db", a->set->data_dir ? a->set->data_dir : "");
	return !stat(path, &st) && !stat(ledger, &own) && st.st_dev == own.st_dev && st.st_ino == own.st_ino;
}

int export_text(const app *a, const char *path, bool replace, int (*write)(void *arg, FILE *out, char *err, size_t errlen),
		void *arg, char *err, size_t errlen)
{
	out_file f;
	FILE *out;
	int fd, rc = 0;
	bool whole = false;

	if (is_ledger(a, path)) {
		snprintf(err, errlen, "%s is the ledger itself", path);
		return MEMORY_EARG;
	}
	if (out_file_open(&f, path, replace, err, errlen))
		return MEMORY_ERR;
	fd = dup(f.fd);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (out) {
		rc = write(arg, out, err, errlen);
		whole = !ferror(out);
		whole = !fclose(out) && whole;
	} else if (fd >= 0) {
		close(fd);
	}
	if (!rc && !whole) {
		snprintf(err, errlen, "%s could not be written: %s", path, strerror(errno));
		rc = MEMORY_ERR;
	}
	if (rc)
		out_file_drop(&f);
	else if (out_file_finish(&f, err, errlen))
		rc = MEMORY_ERR;
	return rc;
}
