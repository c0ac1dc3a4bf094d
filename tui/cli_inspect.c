/*
 * imprint tokenize and imprint logits: what the model makes of a text, in figures that can be laid beside another engine's.
 * The model file is taken as it is: no ledger is read and nothing learned is applied.
 */
#include "tui/cli.h"

#include "tui/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 << 20, TOP_DEFAULT = 5 };

static const char tokenize_help[] =
	"usage: imprint tokenize [-m FILE] [--special] [--ids] [--json] [TEXT]\n"
	"       imprint tokenize [-m FILE] --decode IDS [--special] [--json]\n"
	"\n"
	"The tokens of TEXT, or of stdin byte for byte (a newline at its end counts): one a line, its id and its piece.\n"
	"  --special       spell control tokens such as <|im_end|> as themselves; with --decode: show them\n"
	"  --ids           the ids alone, on one line\n"
	"  --decode IDS    the text of these ids, separated by spaces or commas\n"
	"  --json          {\"n\":2,\"tokens\":[{\"id\":7,\"piece\":\"Hi\",\"hex\":\"4869\"},...]}; hex: the piece's bytes\n"
	"No beginning-of-text token is added. The file needs no weights: a GGUF of the vocabulary alone will do.\n";

static const char logits_help[] =
	"usage: imprint logits [-m FILE] [--precision w8a16|fp32] [--top K] [--all-positions] [--json] [TEXT]\n"
	"       imprint logits ... --tokens IDS\n"
	"\n"
	"What the model expects after TEXT (or stdin, byte for byte): the logit of every token, by id, %.9g, one a line.\n"
	"  --tokens IDS     these ids instead of a text, exactly\n"
	"  --special        spell control tokens in TEXT such as <|im_end|> as themselves\n"
	"  --top K          the K largest instead: position, then id and logit K times, best first\n"
	"  --all-positions  after every token, not only the last (K is 5 unless given)\n"
	"  --json           one object a position\n"
	"A text gets the model's beginning-of-text token where its file asks for one. The weights are those of the file: nothing\n"
	"learned is applied. No chat template is needed, and with fp32 no calibration. The text form is that of golden vectors.\n";

static const char perplexity_help[] =
	"usage: imprint perplexity [-m FILE] [--ctx N] [--stride S] [--special] [--precision w8a16|fp32] [--json] FILE\n"
	"\n"
	"exp of the mean negative log-probability of FILE's tokens (- is stdin). FILE is cut into windows of N tokens (--ctx, 512\n"
	"unless given), each run from an empty context. Of a window the second half is scored: the tokens N/2+1 .. N-1, counted\n"
	"from 0; what is left after the last whole window is not used. Where the model's file asks for a beginning-of-text token,\n"
	"every window's first token is replaced by it. That is llama-perplexity's definition, so the figures compare.\n"
	"  --stride S       windows begin every S tokens instead, and the last S tokens of each are scored\n"
	"  --special        control tokens such as <|im_end|> are spelled out in FILE (16 MiB at most)\n"
	"  --json           one object\n"
	"The error is one standard error of the mean, from the tokens' variance, times the perplexity. The weights are those of the\n"
	"file: nothing learned is applied. Progress goes to stderr when that is a terminal.\n";

const char *cli_inspect_help(const char *name)
{
	return !strcmp(name, "tokenize")     ? tokenize_help
	       : !strcmp(name, "logits")     ? logits_help
	       : !strcmp(name, "perplexity") ? perplexity_help
					     : NULL;
}

int cli_inspect_open(const settings *s, enum engine_purpose purpose, size_t n_ctx, engine **out)
{
	engine_options o = engine_options_default();
	char calibration[4096], err[512] = "";

	snprintf(calibration, sizeof(calibration), "%s/calibration.txt", s->assets_dir);
	o.n_threads = s->threads;
	o.precision = s->precision ? ENGINE_FP32 : ENGINE_W8A16;
	o.cpu_mask = s->cpu_mask;
	o.cache_dir = s->cache_dir;
	if (o.cache_dir && purpose != ENGINE_FOR_TOKENS)
		folders_make(o.cache_dir); /* or the calibration would be made again every time */
	o.calibration = calibration;
	o.chat_template = s->chat_template;
	o.purpose = purpose;
	o.n_ctx = n_ctx;
	o.stop = cli_stopped;
	return engine_open(out, s->model, &o, err, sizeof(err)) ? cli_complain(EXIT_MODEL, err) : 0;
}

/* ---- input ---- */

static int read_stdin(char **out, size_t *len)
{
	char *text = NULL;
	size_t cap = 0, n = 0;

	for (;;) {
		if (n == cap) {
			char *more = cap < TEXT_MAX ? realloc(text, cap = cap ? 2 * cap : 65536) : NULL;

			if (!more) {
				free(text);
				return cli_complain(EXIT_RUNTIME, cap < TEXT_MAX ? "out of memory" : "a text of 64 MiB or more is not read");
			}
			text = more;
		}
		size_t got = fread(text + n, 1, cap - n, stdin);

		n += got;
		if (!got)
			break;
	}
	if (ferror(stdin)) {
		char line[128];

		snprintf(line, sizeof(line), "stdin: %s", strerror(errno));
		free(text);
		return cli_complain(EXIT_RUNTIME, line);
	}
	*out = text;
	*len = n;
	return 0;
}

/* The words of the command line, or stdin where there are none. */
static int take_text(int argc, char **argv, const char *name, char **out, size_t *len)
{
	size_t size = 0;
	FILE *f;
	int rc = 0;

	*out = NULL;
	*len = 0;
	if (argc > 0) {
		f = open_memstream(out, &size);
		for (int i = 0; f && i < argc; i++)
			fprintf(f, "%s%s", i ? " " : "", argv[i]);
		if (!f || fclose(f))
			return cli_complain(EXIT_RUNTIME, "out of memory");
		*len = size;
	} else {
		rc = read_stdin(out, len);
	}
	if (!rc && !*len) {
		fprintf(stderr, "imprint: %s needs a text: imprint %s \"...\"\n", name, name);
		free(*out);
		*out = NULL;
		rc = EXIT_USAGE;
	}
	return rc;
}

/* "1, 2 3" or "[1,2,3]" */
static int parse_ids(const char *text, const engine *e, int32_t **out, size_t *n)
{
	const size_t n_vocab = engine_describe(e)->n_vocab;
	int32_t *ids = calloc(strlen(text) / 2 + 1, sizeof(*ids));
	const char *s = text;
	char line[160], *end;
	size_t len;

	if (!ids)
		return cli_complain(EXIT_RUNTIME, "out of memory");
	for (*n = 0; *(s += strspn(s, " \t\r\n,[]")); s = end) {
		unsigned long id = isdigit((unsigned char)*s) ? strtoul(s, &end, 10) : n_vocab;

		if (id >= n_vocab || (*end && !strchr(" \t\r\n,[]", *end))) {
			len = strcspn(s, " \t\r\n,[]");
			snprintf(line, sizeof(line), "'%.*s' is no token id: this model has 0 to %zu",
				 len < 40 ? (int)len : 40, s, n_vocab - 1);
			free(ids);
			return cli_complain(EXIT_USAGE, line);
		}
		ids[(*n)++] = (int32_t)id;
	}
	if (!*n) {
		free(ids);
		return cli_complain(EXIT_USAGE, "token ids are wanted, such as 15,22,3");
	}
	*out = ids;
	return 0;
}

/* The tokens of a text, after the model's own first one where bos says so. */
static int text_ids(const engine *e, const char *text, size_t len, bool special, bool bos, int32_t **out, size_t *n)
{
	size_t at = bos && engine_bos(e) >= 0, most = 2 * len + 2;
	int32_t *ids = calloc(most, sizeof(*ids));
	int got = ids ? engine_tokenize(e, text, len, special, ids + at, most - at) : -1;

	if (got < 0) {
		free(ids);
		return cli_complain(EXIT_RUNTIME, ids ? "the text cannot be tokenized" : "out of memory");
	}
	if (at)
		ids[0] = engine_bos(e);
	*out = ids;
	*n = (size_t)got + at;
	return 0;
}

/* ---- tokenize ---- */

/* One token's bytes in quotes, everything but printable characters escaped. */
static void put_piece(FILE *f, const char *s, size_t n)
{
	fputc('\'', f);
	while (n) {
		uint32_t c;
		size_t len = text_decode(s, n, &c);
		bool plain = c >= 0x20 && c != 0x7f && c != '\\' && c != '\'' && !(c >= 0x80 && c < 0xa0) && c != 0xfffd &&
			     !text_hidden(c);

		if (plain)
			fwrite(s, 1, len, f);
		else if (c == '\n' || c == '\t')
			fputs(c == '\n' ? "\\n" : "\\t", f);
		else if (c == '\\' || c == '\'')
			fprintf(f, "\\%c", (int)c);
		else
			for (size_t i = 0; i < len; i++)
				fprintf(f, "\\x%02x", (unsigned char)s[i]);
		s += len;
		n -= len;
	}
	fputc('\'', f);
}

static void put_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", (unsigned char)s[i]);
}

/* A JSON string of n bytes; a NUL among them is written as one. */
static void put_json_bytes(const char *s, size_t n)
{
	char *copy = malloc(n + 1);

	for (size_t i = 0; copy && i < n; i++)
		copy[i] = s[i] ? s[i] : ' ';
	if (copy)
		copy[n] = 0;
	if (n == 1 && !*s)
		fputs("\"\\u0000\"", stdout);
	else
		json_string(stdout, copy);
	free(copy);
}

static void put_tokens_json(const engine *e, const int32_t *ids, size_t n, bool ids_only)
{
	printf("{\"n\":%zu,\"%s\":[", n, ids_only ? "ids" : "tokens");
	for (size_t i = 0; i < n; i++) {
		const char *bytes;
		size_t len = engine_token_piece(e, ids[i], &bytes);

		printf(ids_only ? "%s%d" : "%s{\"id\":%d,\"piece\":", i ? "," : "", (int)ids[i]);
		if (ids_only)
			continue;
		put_json_bytes(bytes, len);
		fputs(",\"hex\":\"", stdout);
		put_hex(bytes, len);
		fputs("\"}", stdout);
	}
	puts("]}");
}

static void put_tokens(const engine *e, const int32_t *ids, size_t n, bool ids_only)
{
	for (size_t i = 0; i < n && !cli_stopped(NULL) && !ferror(stdout); i++) {
		const char *bytes;
		size_t len = engine_token_piece(e, ids[i], &bytes);

		if (ids_only) {
			printf("%s%d", i ? " " : "", (int)ids[i]);
			continue;
		}
		printf("%7d ", (int)ids[i]);
		put_piece(stdout, bytes, len);
		putchar('\n');
	}
	if (ids_only)
		putchar('\n');
}

static int decode(const engine *e, const settings *s)
{
	char *text = NULL;
	size_t size = 0, n = 0;
	int32_t *ids = NULL;
	int rc = parse_ids(s->look.decode, e, &ids, &n);
	FILE *f = rc ? NULL : open_memstream(&text, &size);

	for (size_t i = 0; f && i < n; i++) {
		const char *bytes;
		size_t len = s->look.special ? engine_token_piece(e, ids[i], &bytes) : engine_token_bytes(e, ids[i], &bytes);

		fwrite(bytes, 1, len, f);
	}
	if (!rc && (!f || fclose(f)))
		rc = cli_complain(EXIT_RUNTIME, "out of memory");
	if (!rc && s->json) {
		fputs("{\"text\":", stdout);
		put_json_bytes(text, size);
		fputs(",\"hex\":\"", stdout);
		put_hex(text, size);
		puts("\"}");
	} else if (!rc) {
		char *clean = text_sanitise(text, size);

		puts(clean ? clean : "");
		free(clean);
	}
	free(text);
	free(ids);
	return rc;
}

int cli_tokenize(const settings *s, int argc, char **argv)
{
	engine *e = NULL;
	int32_t *ids = NULL;
	char *text = NULL;
	size_t len = 0, n = 0;
	int rc = 0;

	if (s->look.decode && argc > 0)
		return cli_complain(EXIT_USAGE, "tokenize: either a TEXT or --decode IDS");
	if (!s->look.decode)
		rc = take_text(argc, argv, "tokenize", &text, &len);
	if (!rc)
		rc = cli_inspect_open(s, ENGINE_FOR_TOKENS, 0, &e);
	if (!rc && s->look.decode) {
		rc = decode(e, s);
	} else if (!rc) {
		rc = text_ids(e, text, len, s->look.special, false, &ids, &n);
		if (!rc)
			(s->json ? put_tokens_json : put_tokens)(e, ids, n, s->look.ids_only);
	}
	free(ids);
	free(text);
	engine_close(e);
	return rc;
}

/* ---- logits ---- */

typedef struct shown {
	const engine *e;
	const int32_t *ids;
	size_t n_vocab, top;
	int32_t *best; /* [top] */
	bool json;
} shown;

/* Ids of the `top` largest, best first, the lower id among equals; returns how many there are: a NaN is none of them. */
static size_t pick_best(const shown *p, const float *logits)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_vocab; i++) {
		size_t at = n;

		if (!(logits[i] == logits[i]) || (n == p->top && !(logits[i] > logits[p->best[n - 1]])))
			continue;
		n += n < p->top;
		at = n - 1;
		for (; at && logits[i] > logits[p->best[at - 1]]; at--)
			p->best[at] = p->best[at - 1];
		p->best[at] = (int32_t)i;
	}
	return n;
}

static void put_number(float x)
{
	if (isfinite(x))
		printf("%.9g", (double)x);
	else
		fputs("null", stdout);
}

static void put_best_json(const shown *p, const float *logits, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < p->n_vocab; i++)
		sum += n && logits[i] == logits[i] ? exp((double)logits[i] - (double)logits[p->best[0]]) : 0;
	fputs("\"top\":[", stdout);
	for (size_t i = 0; i < n; i++) {
		const char *bytes;
		size_t len = engine_token_piece(p->e, p->best[i], &bytes);

		printf("%s{\"id\":%d,\"piece\":", i ? "," : "", (int)p->best[i]);
		put_json_bytes(bytes, len == SIZE_MAX ? 0 : len);
		fputs(",\"logit\":", stdout);
		put_number(logits[p->best[i]]);
		fputs(",\"p\":", stdout);
		json_number(stdout, exp((double)logits[p->best[i]] - (double)logits[p->best[0]]) / sum);
		putchar('}');
	}
	putchar(']');
}

static int show_row(void *arg, size_t position, const float *logits)
{
	const shown *p = arg;
	size_t n = p->top ? pick_best(p, logits) : 0;

	if (p->json) {
		printf("{\"position\":%zu,\"token\":%d,", position, (int)p->ids[position]);
		if (p->top)
			put_best_json(p, logits, n);
		for (size_t i = 0; !p->top && i < p->n_vocab; i++) {
			fputs(i ? "," : "\"logits\":[", stdout);
			put_number(logits[i]);
		}
		puts(p->top ? "}" : "]}");
	} else if (p->top) {
		printf("%zu", position);
		for (size_t i = 0; i < n; i++)
			printf(" %d %.9g", (int)p->best[i], (double)logits[p->best[i]]);
		putchar('\n');
	} else {
		for (size_t i = 0; i < p->n_vocab; i++)
			printf("%.9g\n", (double)logits[i]);
	}
	return cli_stopped(NULL) || ferror(stdout) ? ENGINE_ESTOP : 0;
}

static int show_logits(engine *e, const settings *s, const int32_t *ids, size_t n)
{
	const engine_info *info = engine_describe(e);
	size_t top = s->look.top ? s->look.top : s->look.all_positions ? TOP_DEFAULT : 0;
	shown p = { .e = e, .ids = ids, .n_vocab = info->n_vocab, .top = top < info->n_vocab ? top : info->n_vocab,
		    .json = s->json };
	char err[512] = "", *name = text_sanitise(info->name, strlen(info->name));
	int rc;

	p.best = calloc(p.top + 1, sizeof(*p.best));
	if (!p.best || !name) {
		free(p.best);
		free(name);
		return cli_complain(EXIT_RUNTIME, "out of memory");
	}
	if (!s->json) {
		printf("model %s\nprecision %s\ntokens %zu\n", name, s->precision ? "fp32" : "w8a16", n);
		for (size_t i = 0; i < n; i++)
			printf("%s%d", i ? " " : "", (int)ids[i]);
		if (p.top)
			printf("\ntop%zu %zu\n", p.top, s->look.all_positions ? n : (size_t)1);
		else
			printf("\nlogits %zu\n", p.n_vocab);
	}
	rc = engine_logits(e, ids, n, s->look.all_positions ? 0 : n - 1, show_row, &p, cli_stopped, NULL, err, sizeof(err));
	if (!rc && !s->json)
		puts("end");
	free(p.best);
	free(name);
	return !rc ? 0 : rc == ENGINE_ESTOP ? EXIT_RUNTIME : cli_complain(EXIT_RUNTIME, err);
}

/* A text longer than the usual context gets the context it needs, if the model has it. */
static int make_room(engine **e, const settings *s, size_t n)
{
	if (n <= engine_describe(*e)->n_ctx)
		return 0;
	engine_close(*e);
	*e = NULL;
	return cli_inspect_open(s, ENGINE_FOR_LOGITS, n, e);
}

int cli_logits(const settings *s, int argc, char **argv)
{
	engine *e = NULL;
	int32_t *ids = NULL;
	char *text = NULL;
	size_t len = 0, n = 0;
	int rc = 0;

	if (s->look.tokens && argc > 0)
		return cli_complain(EXIT_USAGE, "logits: either a TEXT or --tokens IDS");
	if (!s->look.tokens)
		rc = take_text(argc, argv, "logits", &text, &len);
	if (!rc)
		rc = cli_inspect_open(s, ENGINE_FOR_LOGITS, 0, &e);
	if (!rc)
		rc = s->look.tokens ? parse_ids(s->look.tokens, e, &ids, &n)
				    : text_ids(e, text, len, s->look.special, true, &ids, &n);
	if (!rc)
		rc = make_room(&e, s, n);
	if (!rc)
		rc = show_logits(e, s, ids, n);
	free(ids);
	free(text);
	engine_close(e);
	return rc;
}
