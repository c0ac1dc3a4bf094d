/*
 * imprint bench speed: how fast this model runs here: prefill of several lengths, decoding, loading, memory; with the
 * arithmetic and the memory traffic that this means as shares of what the machine can do at most. Where another
 * engine's benchmark is named (--peer, a llama-bench), the same rows are measured with it in the same run, in turns.
 */
#include "tui/cli.h"

#include "tui/json.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS = 3, DECODE_TOKENS = 32, READ_CHUNK = 1 << 20, PEER_OUTPUT = 1 << 20 };

static const int prefill_rows[] = { 24, 128, 512, 1680 };
enum { PREFILLS = sizeof(prefill_rows) / sizeof(*prefill_rows) };

typedef struct speed {
	const settings *set;
	engine *engine;
	session *session;
	const engine_info *info;
	int32_t *tokens;
	double products, bytes;                     /* the machine's most, a second */
	double load, read;                          /* seconds */
	double prefill[PREFILLS], decode;           /* tokens a second, best round; 0: not measured */
	double peer_prefill[PREFILLS], peer_decode; /* of the peer */
	double peak_bytes, peer_peak_bytes;
	uint32_t salt;
} speed;

static int complain(const char *text)
{
	return cli_complain(EXIT_RUNTIME, text);
}

/* ---- loading ---- */

/* Seconds to read the file once, or 0. */
static double read_once(const char *path)
{
	char *chunk = malloc(READ_CHUNK);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	double start = app_now();
	ssize_t n = fd >= 0 && chunk ? 1 : -1;

	while (n > 0)
		n = read(fd, chunk, READ_CHUNK);
	if (fd >= 0)
		close(fd);
	free(chunk);
	return n ? 0 : app_now() - start;
}

static int speed_open(speed *b, char *err, size_t errlen)
{
	engine_options o = engine_options_default();
	const settings *s = b->set;
	char calibration[PATH_MAX];

	o.n_threads = s->threads;
	o.precision = s->precision;
	o.cpu_mask = s->cpu_mask;
	o.chat_template = s->chat_template;
	snprintf(calibration, sizeof(calibration), "%s/calibration.txt", s->assets_dir);
	o.calibration = calibration;
	o.cache_dir = s->cache_dir;
	if (o.cache_dir)
		folders_make(o.cache_dir);
	/* The first opening calibrates and brings the file into memory; the second is the one that counts. */
	for (int i = 0; i < 2; i++) {
		double start;
		int rc;

		engine_close(b->engine);
		b->engine = NULL;
		if (i)
			b->read = read_once(s->model);
		start = app_now();
		rc = engine_open(&b->engine, s->model, &o, err, errlen);
		if (rc)
			return EXIT_MODEL;
		b->load = app_now() - start;
	}
	b->info = engine_describe(b->engine);
	b->tokens = calloc(b->info->n_ctx, sizeof(*b->tokens));
	if (!b->tokens || session_new(&b->session, b->engine, err, errlen))
		return EXIT_RUNTIME;
	return 0;
}

/* ---- running ---- */

/* Tokens that no earlier prefix has. */
static void fresh_tokens(speed *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		b->salt = b->salt * 1664525u + 1013904223u;
		b->tokens[i] = (int32_t)(b->salt % (uint32_t)b->info->n_vocab);
	}
}

static int prefill(speed *b, size_t n, double *rate, char *err, size_t errlen)
{
	double start;
	int rc;

	fresh_tokens(b, n);
	start = app_now();
	rc = session_sync(b->session, b->tokens, n, NULL, NULL, err, errlen);
	if (!rc && (double)n / (app_now() - start) > *rate)
		*rate = (double)n / (app_now() - start);
	return rc;
}

static int decode(speed *b, char *err, size_t errlen)
{
	double start, s;
	int rc = prefill(b, 16, &(double){ 0 }, err, errlen);

	start = app_now();
	for (int i = 0; !rc && i < DECODE_TOKENS; i++)
		rc = session_eval(b->session, (i * 7919 + 13) % (int32_t)b->info->n_vocab, err, errlen);
	s = app_now() - start;
	if (!rc && DECODE_TOKENS / s > b->decode)
		b->decode = DECODE_TOKENS / s;
	return rc;
}

static int measure(speed *b, char *err, size_t errlen)
{
	int rc = decode(b, err, errlen);

	for (size_t i = 0; !rc && i < PREFILLS; i++)
		if ((size_t)prefill_rows[i] < b->info->n_ctx)
			rc = prefill(b, (size_t)prefill_rows[i], &b->prefill[i], err, errlen);
	return rc;
}

/* ---- the peer ---- */

/* Text in single quotes for sh. */
static void put_quoted(FILE *f, const char *s)
{
	putc('\'', f);
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", f);
		else
			putc(*s, f);
	putc('\'', f);
}

/* The number after "key": at p, or 0. */
static double number_of(const char *p, const char *end, const char *key)
{
	const char *at = strstr(p, key);

	return at && at < end ? strtod(at + strlen(key), NULL) : 0;
}

/* One object of llama-bench's JSON lines: n_prompt, n_gen, avg_ts. */
static void peer_line(speed *b, const char *p, const char *end)
{
	double prompt = number_of(p, end, "\"n_prompt\": "), gen = number_of(p, end, "\"n_gen\": "),
	       rate = number_of(p, end, "\"avg_ts\": ");

	for (size_t i = 0; i < PREFILLS; i++)
		if (prompt == prefill_rows[i] && gen == 0 && rate > b->peer_prefill[i])
			b->peer_prefill[i] = rate;
	if (prompt == 0 && gen > 0 && rate > b->peer_decode)
		b->peer_decode = rate;
}

/* "PEER -m MODEL ..." for sh, malloc'd, or NULL. */
static char *peer_command(const speed *b, const char *peer)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	if (!f)
		return NULL;
	fprintf(f, "%s -m ", peer);
	put_quoted(f, b->set->model);
	fprintf(f, " -t %d -p ", b->info->n_threads);
	for (size_t i = 0; i < PREFILLS; i++)
		fprintf(f, "%s%d", i ? "," : "", prefill_rows[i]);
	fprintf(f, " -n %d -r 1 -o jsonl 2>/dev/null", DECODE_TOKENS);
	fclose(f);
	return line;
}

/* Runs the peer once over all rows. */
static int peer_run(speed *b, const char *peer, char *err, size_t errlen)
{
	char *line = peer_command(b, peer), *out = calloc(1, PEER_OUTPUT);
	FILE *p = line && out ? popen(line, "r") : NULL;
	size_t n = p ? fread(out, 1, PEER_OUTPUT - 1, p) : 0;
	struct rusage usage;

	free(line);
	if (!p || pclose(p) || !n) {
		free(out);
		snprintf(err, errlen, "the peer '%.80s' did not run: --peer names a llama-bench program", peer);
		return EXIT_RUNTIME;
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	b->peer_peak_bytes = (double)usage.ru_maxrss * 1024;
	for (char *at = out, *end; *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		peer_line(b, at, end);
	}
	free(out);
	return 0;
}

/* ---- what came of it ---- */

typedef struct row {
	const char *name;
	int n;
	double rate, peer;
	double gops, gbytes, share; /* share: of the machine's most, of the two what the row is bound by */
} row;

static size_t rows_make(const speed *b, row *r)
{
	const engine_info *m = b->info;
	size_t n = 0;

	for (size_t i = 0; i < PREFILLS; i++) {
		double products = (double)m->token_products + (double)m->output_products / prefill_rows[i];
		double rate = b->prefill[i] * products;

		if (b->prefill[i] > 0)
			r[n++] = (row){ "prefill", prefill_rows[i], b->prefill[i], b->peer_prefill[i], 2e-9 * rate,
					1e-9 * b->prefill[i] / prefill_rows[i] * (double)m->token_bytes,
					b->products > 0 ? rate / b->products : 0 };
	}
	r[n++] = (row){ "decode", 1, b->decode, b->peer_decode,
			2e-9 * b->decode * (double)(m->token_products + m->output_products),
			1e-9 * b->decode * (double)m->token_bytes, b->decode * (double)m->token_bytes / b->bytes };
	return n;
}

static void row_json(const speed *b, const row *r)
{
	printf("{\"model\":");
	json_string(stdout, b->info->name);
	printf(",\"kernels\":\"%s\",\"threads\":%d,\"test\":\"%s\",\"n\":%d,\"tokens_per_second\":%.2f,\"gops\":%.1f,"
	       "\"gigabytes_per_second\":%.2f,\"share_of_peak\":%.3f",
	       b->info->kernels, b->info->n_threads, r->name, r->n, r->rate, r->gops, r->gbytes, r->share);
	if (r->peer > 0)
		printf(",\"peer_tokens_per_second\":%.2f,\"ratio\":%.2f", r->peer, r->rate / r->peer);
	printf("}\n");
}

static void row_text(const row *r)
{
	printf("%-8s %6d %12.1f %10.1f %8.2f %9.0f %%", r->name, r->n, r->rate, r->gops, r->gbytes, 100 * r->share);
	if (r->peer > 0)
		printf(" %12.1f %7.2f", r->peer, r->rate / r->peer);
	printf("\n");
}

static void report_json(const speed *b, const row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_json(b, &rows[i]);
	printf("{\"model\":");
	json_string(stdout, b->info->name);
	printf(",\"test\":\"load\",\"seconds\":%.3f,\"read_seconds\":%.3f,\"ratio\":%.2f,\"file_bytes\":%zu,"
	       "\"peak_bytes\":%.0f,\"peer_peak_bytes\":%.0f,\"peak_gops\":%.1f,\"peak_gigabytes_per_second\":%.2f}\n",
	       b->load, b->read, b->read > 0 ? b->load / b->read : 0, b->info->n_bytes, b->peak_bytes,
	       b->peer_peak_bytes, 2e-9 * b->products, 1e-9 * b->bytes);
}

static void report_text(const speed *b, const row *rows, size_t n, bool peer)
{
	char *name = text_sanitise(b->info->name, strlen(b->info->name));

	printf("%s, %zu million weights, %s kernels, %d threads; at most %.0f GOPS (int16 x int8), %.1f GB/s read\n",
	       name ? name : "", b->info->n_params / 1000000, b->info->kernels, b->info->n_threads, 2e-9 * b->products,
	       1e-9 * b->bytes);
	free(name);
	printf("%-8s %6s %12s %10s %8s %11s%s\n", "test", "tokens", "tokens/s", "GOPS", "GB/s", "of peak",
	       peer ? "       peer/s   ratio" : "");
	for (size_t i = 0; i < n; i++)
		row_text(&rows[i]);
	printf("load %.2f s, reading the file once %.2f s (%.2f times); peak memory %.2f GB", b->load, b->read,
	       b->read > 0 ? b->load / b->read : 0, 1e-9 * b->peak_bytes);
	if (peer)
		printf(" (peer %.2f GB)", 1e-9 * b->peer_peak_bytes);
	printf("\n");
}

static void report(const speed *b, bool peer)
{
	row rows[PREFILLS + 1];
	size_t n = rows_make(b, rows);

	if (b->set->json)
		report_json(b, rows, n);
	else
		report_text(b, rows, n, peer);
}

int cli_speed(const settings *s)
{
	speed b = { .set = s };
	struct rusage usage;
	char err[512] = "";
	int code = speed_open(&b, err, sizeof(err));

	for (int i = 0; !code && i < ROUNDS; i++) {
		code = measure(&b, err, sizeof(err)) ? EXIT_RUNTIME : 0;
		if (!code && i == 0) {
			getrusage(RUSAGE_SELF, &usage);
			b.peak_bytes = (double)usage.ru_maxrss * 1024;
		}
		if (!code && s->bench_peer)
			code = peer_run(&b, s->bench_peer, err, sizeof(err));
	}
	if (!code && engine_peak(b.engine, &b.products, &b.bytes))
		code = EXIT_RUNTIME;
	if (!code)
		report(&b, s->bench_peer != NULL);
	else
		complain(*err ? err : "out of memory");
	session_free(b.session);
	engine_close(b.engine);
	free(b.tokens);
	return code;
}
