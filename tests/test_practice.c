/* Practice on a tiny random model: interrupted or not, read from its file or not, it is the same; and it is of use. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/edit_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

enum { FACTS = 7 };

static char model_path[512], code_path[512], text_path[512], dir[512];

static void set_up(void)
{
	tiny_model t = tiny_model_default();

	t.n_layer = 4;
	t.edit_layer = 1;
	t.n_ctx = 256;
	t.scale = 2;
	test_path(model_path, sizeof model_path, "practice.gguf");
	test_path(code_path, sizeof code_path, "practice.value.gguf");
	REQUIRE(test_calibration(text_path, sizeof text_path, 40, "friend"));
	tiny_model_write(&t, model_path);
	tiny_value_code_write(code_path, 2, 16, t.n_embd, 9);
	snprintf(dir, sizeof dir, "%s", text_path);
	*strrchr(dir, '/') = '\0';
}

static engine *open_engine(void)
{
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.n_threads = 1;
	o.calibration = text_path;
	o.value_code = code_path;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

static const engine_turn turns[] = {
	{ "user", "What is my dog called?", 22 },
	{ "user", "Tell me my cat's name", 21 },
};
static const char *const answers[FACTS] = { "It is Rex.", "It is a.", "It is b.", "It is cc.", "It is 12.", "It is x y.", "It is z." };

static void make_requests(edit_context c[FACTS], edit_request r[FACTS])
{
	for (size_t i = 0; i < FACTS; i++) {
		c[i] = (edit_context){ &turns[i % 2], 1, 14, answers[i], 6 };
		r[i] = edit_request_default();
		r[i].contexts = &c[i];
		r[i].n_contexts = 1;
		r[i].value = answers[i] + 6;
	}
}

static bool stop_often(void *arg)
{
	int *polls = arg;

	return ++*polls % 7 == 0;
}

static int practise(engine *e, const char *cache, bool interrupt, int *stops)
{
	edit_context c[FACTS];
	edit_request r[FACTS];
	int polls = 0, rc;

	make_requests(c, r);
	*stops = 0;
	while ((rc = engine_practise(e, r, FACTS, cache, NULL, interrupt ? stop_often : NULL, &polls, NULL, 0)) == ENGINE_ESTOP &&
	       *stops < 100000)
		++*stops;
	return rc;
}

static bool same_reading(const reading *a, const reading *b)
{
	return a->d == b->d && a->n_facts == b->n_facts && a->evaluations == b->evaluations &&
	       !memcmp(a->seen, b->seen, sizeof a->seen) && !memcmp(a->start, b->start, a->d * sizeof(float)) &&
	       !memcmp(a->map, b->map, READING_SLOTS * a->d * a->d * sizeof(float));
}

static void interruptions_leave_no_trace(void)
{
	engine *a = open_engine(), *b = open_engine();
	int stops;

	REQUIRE(a && b);
	CHECK(!engine_practised(a));
	CHECK_INT(practise(a, NULL, false, &stops), 0);
	CHECK_INT(practise(b, NULL, true, &stops), 0);
	CHECK(stops > 2);
	REQUIRE(engine_practised(a) && engine_practised(b));
	CHECK_INT(a->reading->n_facts, FACTS);
	CHECK_INT(a->reading->evaluations, 6 * (1 + (int)a->reading->d));
	CHECK(same_reading(a->reading, b->reading));
	engine_close(a);
	engine_close(b);
}

/* Without a code the vectors are searched for; a random model may say none of the answers. */
static void goes_without_a_code(void)
{
	engine *a = open_engine(), *b = open_engine();
	int stops;

	REQUIRE(a && b);
	value_code_release(&a->code);
	value_code_release(&b->code);
	CHECK_INT(practise(a, NULL, false, &stops), 0);
	CHECK_INT(practise(b, NULL, true, &stops), 0);
	REQUIRE(a->reading && b->reading);
	CHECK(a->reading->evaluations > 0);
	CHECK(a->reading->n_facts ? same_reading(a->reading, b->reading) : !b->reading->n_facts);
	engine_close(a);
	engine_close(b);
}

static char *reading_path(char *out, size_t cap)
{
	DIR *d = opendir(dir);

	*out = 0;
	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d))
		if (!strncmp(f->d_name, "reading-", 8))
			snprintf(out, cap, "%s/%s", dir, f->d_name);
	if (d)
		closedir(d);
	return out;
}

/* same: what it is to be; NULL: not asked. */
static void practise_on_disk(const reading *same, bool anew)
{
	engine *e = open_engine();
	size_t before, after, logits;
	int stops;

	REQUIRE(e != NULL);
	forward_work(e->fwd, &before, &logits);
	CHECK_INT(practise(e, dir, false, &stops), 0);
	forward_work(e->fwd, &after, &logits);
	CHECK((after > before) == anew);
	CHECK(!same || (e->reading && same_reading(e->reading, same)));
	engine_close(e);
}

static long file_size(const char *path)
{
	FILE *f = fopen(path, "rb");
	long size = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;

	if (f)
		fclose(f);
	return size;
}

static void flip(const char *path, long at, int bit)
{
	FILE *f = fopen(path, "r+b");

	REQUIRE(f != NULL);
	fseek(f, at, SEEK_SET);
	int byte = fgetc(f);

	fseek(f, at, SEEK_SET);
	fputc(byte ^ 1 << bit, f);
	fclose(f);
}

static void lengthen(const char *path)
{
	FILE *f = fopen(path, "ab");

	REQUIRE(f != NULL);
	fputc(0, f);
	fclose(f);
}

/* Damaged, it is made anew, and whole. */
static void is_kept_on_disk(void)
{
	engine *a = open_engine();
	char path[1024];
	int stops;

	REQUIRE(a != NULL);
	CHECK_INT(practise(a, dir, false, &stops), 0);
	practise_on_disk(a->reading, false);
	long size = file_size(reading_path(path, sizeof path));

	REQUIRE(size > 0);
	flip(path, size - 9, 0);
	practise_on_disk(a->reading, true);
	CHECK_INT(truncate(path, size - 1), 0);
	practise_on_disk(a->reading, true);
	lengthen(path);
	practise_on_disk(a->reading, true);
	CHECK_INT(file_size(path), size);
	practise_on_disk(a->reading, false);
	remove(path);
	engine_close(a);
}

/* With other scales of activations or another value code it would come out otherwise. */
static void is_kept_for_its_scales_and_code(void)
{
	char path[1024];

	practise_on_disk(NULL, true);
	practise_on_disk(NULL, false);
	REQUIRE(test_calibration(text_path, sizeof text_path, 40, "dear colleague"));
	practise_on_disk(NULL, true);
	REQUIRE(test_calibration(text_path, sizeof text_path, 40, "friend"));
	tiny_value_code_write(code_path, 2, 16, tiny_model_default().n_embd, 10);
	practise_on_disk(NULL, true);
	tiny_value_code_write(code_path, 2, 16, tiny_model_default().n_embd, 9);
	practise_on_disk(NULL, false);
	while (*reading_path(path, sizeof path))
		remove(path);
}

/* ---- the file by itself ---- */

enum { FILE_D = 3, FILE_FLOATS = FILE_D + READING_SLOTS * FILE_D * FILE_D };
static const char file_key[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Saves a small one with these numbers. */
static void save_small(size_t n_facts, float odd)
{
	reading r;

	REQUIRE(!reading_init(&r, FILE_D));
	r.n_facts = n_facts;
	r.evaluations = 7;
	for (size_t i = 0; i < READING_SLOTS; i++)
		r.seen[i] = i;
	for (size_t i = 0; i < FILE_D; i++)
		r.start[i] = 0.25f * (float)i;
	for (size_t i = 0; i < READING_SLOTS * FILE_D * FILE_D; i++)
		r.map[i] = (float)i - 4.5f;
	r.map[READING_SLOTS * FILE_D * FILE_D - 1] = odd;
	reading_save(&r, dir, file_key);
	reading_release(&r);
}

/* And leaves a reading alone where it says no. */
static bool loads(size_t d, const char key[65])
{
	reading r = { .d = 99, .evaluations = 98 };
	bool is = reading_load(&r, d, dir, key);

	CHECK(is ? r.d == d && r.evaluations == 7 : r.d == 99 && r.evaluations == 98 && !r.map && !r.start);
	if (is)
		reading_release(&r);
	return is;
}

static size_t get_bytes(const char *path, unsigned char *bytes, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, cap, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* Not through an empty file, which some file systems bring to the disk at once. */
static void put_bytes(const char *path, const unsigned char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	REQUIRE(fd >= 0);
	CHECK(write(fd, bytes, n) == (ssize_t)n && !ftruncate(fd, (off_t)n));
	close(fd);
}

/* Every byte of a header and of what follows counts, and where it ends. */
static void no_damage_is_read(void)
{
	unsigned char whole[4096], bad[4096];
	char path[1024];

	for (size_t facts = 0; facts < 2; facts++) {
		save_small(facts, 1);
		size_t size = get_bytes(reading_path(path, sizeof path), whole, sizeof whole - 64), read = 0;

		CHECK_INT(size, 8 + 64 + (3 + READING_SLOTS + 1) * 8 + facts * FILE_FLOATS * sizeof(float));
		CHECK(loads(FILE_D, file_key));
		for (size_t n = size; n-- > 0;) {
			put_bytes(path, whole, n);
			read += loads(FILE_D, file_key);
		}
		CHECK_INT(read, 0);
		for (size_t i = 0; i < size; i++) {
			memcpy(bad, whole, size);
			bad[i] ^= (unsigned char)(1 << (i * 5 + facts) % 8);
			put_bytes(path, bad, size);
			read += loads(FILE_D, file_key);
		}
		CHECK_INT(read, 0);
		memset(bad, 0, sizeof bad);
		memcpy(bad, whole, size);
		for (size_t more = 1; more <= 64; more++) {
			put_bytes(path, bad, size + more);
			read += loads(FILE_D, file_key);
		}
		CHECK_INT(read, 0);
		put_bytes(path, whole, size);
		CHECK(loads(FILE_D, file_key));
		remove(path);
	}
}

/* A run of bytes overwritten, or moved to another place. */
static void no_scramble_is_read(void)
{
	unsigned char whole[4096], bad[4096];
	char path[1024];
	size_t read = 0;
	rng r;

	rng_seed(&r, 5);
	save_small(1, 1);
	size_t size = get_bytes(reading_path(path, sizeof path), whole, sizeof whole);

	REQUIRE(size > 64);
	for (int i = 0; i < 1000; i++) {
		size_t n = 1 + rng_next(&r) % 32, at = rng_next(&r) % (size - n), from = rng_next(&r) % (size - n);

		memcpy(bad, whole, size);
		for (size_t k = 0; k < n; k++)
			bad[at + k] = i % 2 ? whole[from + k] : (unsigned char)rng_next(&r);
		put_bytes(path, bad, size);
		read += loads(FILE_D, file_key) != !memcmp(bad, whole, size);
	}
	CHECK_INT(read, 0);
	remove(path);
}

/* Another model's of the same place, another width, numbers that are none, and no file of ours at all. */
static void what_does_not_fit_is_not_read(void)
{
	char path[1024], other_key[65];

	save_small(1, 1);
	reading_path(path, sizeof path);
	memcpy(other_key, file_key, sizeof other_key);
	other_key[40] ^= 1; /* of the file's name only the first 16 digits are part */
	CHECK(loads(FILE_D, file_key));
	CHECK(!loads(FILE_D, other_key));
	CHECK(!loads(FILE_D - 1, file_key));
	CHECK(!loads(FILE_D + 1, file_key));
	CHECK(!loads(1 << 20, file_key));
	save_small(1, NAN);
	CHECK(!loads(FILE_D, file_key));
	save_small(1, -INFINITY);
	CHECK(!loads(FILE_D, file_key));
	put_bytes(path, (const unsigned char *)"IMPREAD1", 8);
	CHECK(!loads(FILE_D, file_key));
	put_bytes(path, (const unsigned char *)"", 0);
	CHECK(!loads(FILE_D, file_key));
	remove(path);
	CHECK_INT(mkdir(path, 0700), 0);
	CHECK(!loads(FILE_D, file_key));
	rmdir(path);
	CHECK(!loads(FILE_D, file_key));
	CHECK(!reading_load(&(reading){ 0 }, FILE_D, NULL, file_key));
}

static edit *run(engine *e, const edit_request *r, bool interrupt)
{
	edit *ed = NULL;
	int polls = 0, rc = 0;

	if (edit_new(&ed, e, r, NULL, 0))
		return NULL;
	while ((rc = edit_run(ed, NULL, interrupt ? stop_often : NULL, &polls, NULL, 0)) == ENGINE_ESTOP)
		;
	CHECK_INT(rc, 0);
	return ed;
}

/* Within as many evaluations as the search without it needs for two steps, and whatever interrupts it. */
static void a_search_by_it_lowers_the_loss(void)
{
	engine *e = open_engine();
	edit_context c[FACTS];
	edit_request r[FACTS];
	int stops;

	REQUIRE(e != NULL);
	make_requests(c, r);
	CHECK_INT(practise(e, NULL, false, &stops), 0);
	for (size_t i = 0; i < 2; i++) {
		r[0].warm_start = i == 1;
		r[0].max_evaluations = 40;
		edit *a = run(e, &r[0], false), *b = run(e, &r[0], true);

		REQUIRE(a && b);
		const edit_result *x = edit_get(a), *y = edit_get(b);

		CHECK(x->loss_after < x->loss_before - 0.3);
		CHECK(x->evaluations <= 40 + 10);
		CHECK(x->evaluations == y->evaluations && x->steps == y->steps && x->loss_after == y->loss_after &&
		      !memcmp(x->delta, y->delta, x->n_embd * sizeof(float)));
		edit_free(a);
		edit_free(b);
	}
	engine_close(e);
}

/* A pause is an end only for who takes it as one: who goes on gets what a search without pauses finds. */
static void pauses_leave_no_trace(void)
{
	engine *e = open_engine();
	edit_context c[FACTS];
	edit_request r[FACTS];
	int stops, pauses = 0;

	REQUIRE(e != NULL);
	make_requests(c, r);
	CHECK_INT(practise(e, NULL, false, &stops), 0);
	for (size_t i = 0; i < FACTS; i++) {
		r[i].margin = 0.98;
		edit *a = run(e, &r[i], false), *b = NULL;

		r[i].pause_below = i % 2 ? 2.5 : 100;
		REQUIRE(a && !edit_get(a)->paused && !edit_go_on(a) && !edit_new(&b, e, &r[i], NULL, 0));
		do {
			int polls = 0, rc;

			while ((rc = edit_run(b, NULL, stop_often, &polls, NULL, 0)) == ENGINE_ESTOP)
				;
			CHECK_INT(rc, 0);
			if (edit_get(b)->paused)
				CHECK(!edit_get(b)->converged && edit_get(b)->loss_after < r[i].pause_below);
			pauses += edit_get(b)->paused;
		} while (edit_go_on(b));
		const edit_result *x = edit_get(a), *y = edit_get(b);

		CHECK(x->evaluations == y->evaluations && x->steps == y->steps && x->converged == y->converged &&
		      !memcmp(x->delta, y->delta, x->n_embd * sizeof(float)));
		edit_free(a);
		edit_free(b);
	}
	printf("# %d pauses\n", pauses);
	CHECK(pauses > 0);
	engine_close(e);
}

/* Only the guess is looked at where there was no practice yet. */
static void the_guess_alone(void)
{
	engine *e = open_engine();
	edit_context c[FACTS];
	edit_request r[FACTS];
	int stops;

	REQUIRE(e != NULL);
	make_requests(c, r);
	r[0].only_guess = true;
	edit *a = run(e, &r[0], false);

	REQUIRE(a != NULL);
	CHECK_INT(edit_get(a)->evaluations, 1 + 2);
	edit_free(a);
	CHECK_INT(practise(e, NULL, false, &stops), 0);
	a = run(e, &r[0], false);
	REQUIRE(a != NULL);
	CHECK(edit_get(a)->evaluations > 3);
	edit_free(a);
	engine_close(e);
}

static void slots_are_places_after_the_value(void)
{
	CHECK_INT(reading_slot(3, 3), READING_BEFORE);
	CHECK_INT(reading_slot(2, 3), READING_BEFORE - 1);
	CHECK_INT(reading_slot(0, 40), 0);
	CHECK_INT(reading_slot(100, 3), READING_SLOTS - 1);
}

int main(void)
{
	set_up();
	TEST_RUN(slots_are_places_after_the_value);
	TEST_RUN(interruptions_leave_no_trace);
	TEST_RUN(goes_without_a_code);
	TEST_RUN(is_kept_on_disk);
	TEST_RUN(is_kept_for_its_scales_and_code);
	TEST_RUN(no_damage_is_read);
	TEST_RUN(no_scramble_is_read);
	TEST_RUN(what_does_not_fit_is_not_read);
	TEST_RUN(a_search_by_it_lowers_the_loss);
	TEST_RUN(the_guess_alone);
	TEST_RUN(pauses_leave_no_trace);
	return test_done();
}
