/*
 * fuzz_detect: the detector of facts and the relations table on any bytes. The first byte says which: text
 * of a user, text of /remember, or a table. What is found lies inside the text and is one line.
 */
#include "fuzz.h"
#include "gguf_build.h"
#include "memory/memory.h"

#include <string.h>

const char fuzz_name[] = "detect";
const int fuzz_rounds = 300;

enum { MAX_INPUT = 1 << 11 };

static void check_line(const char *s, size_t size)
{
	size_t len = strnlen(s, size);

	FUZZ_REQUIRE(len && len < size);
	for (size_t i = 0; i < len; i++)
		FUZZ_REQUIRE((unsigned char)s[i] >= 0x20 && s[i] != 0x7f);
}

static void read_request(const relations *table, const char *text, size_t len)
{
	static const fact held[] = {
		{ .id = 1, .subject = "I", .relation = "home", .value = "Porto" },
		{ .id = 2, .subject = "my cat", .relation = "name", .value = "Momo" },
	};
	forget_request q;
	bool sure;

	FUZZ_REQUIRE(!detect_forget(table, text, len, &q));
	FUZZ_REQUIRE(q.n <= FORGET_MAX && (q.what == FORGET_THESE) == (q.n > 0));
	for (size_t i = 0; i < q.n; i++) {
		const forget_target *t = &q.target[i];
		size_t at[2];

		FUZZ_REQUIRE(t->id > 0 || t->subject[0] || t->words[0]);
		if (t->subject[0])
			check_line(t->subject, sizeof(t->subject));
		FUZZ_REQUIRE(forget_find(t, held, 2, at, &sure) <= 2);
	}
}

static char *text_copy(const char *text, size_t len)
{
	char *s = malloc(len + 1);

	FUZZ_REQUIRE(s);
	memcpy(s, text, len);
	s[len] = 0;
	return s;
}

static void read_text(const char *text, size_t len, bool asked)
{
	static const detect_fact last[] = {
		{ .subject = "I", .relation = "age", .value = "33" },
		{ .subject = "I", .relation = "home", .value = "Porto" },
		{ .subject = "I", .relation = "allergy", .value = "eggs" },
		{ .subject = "my cat", .relation = "name", .value = "Momo" },
	};
	static relations *table;
	char err[200] = "", *question = text_copy(text, len / 2), *reply = text_copy(text + len / 2, len - len / 2);
	const detect_before before = { last, 4, len % 2 ? question : "Do you know my cat's name?", reply, len % 3 ? reply : "my cat" };
	detect_result d = { 0 };

	if (!table)
		FUZZ_REQUIRE(!relations_load(&table, "assets/relations.txt", err, sizeof(err)));
	FUZZ_REQUIRE(!detect_after(table, &before, text, len, asked, &d, err, sizeof(err)));
	for (size_t i = 0; i < d.n_facts; i++) {
		const detect_fact *f = &d.facts[i];

		check_line(f->subject, sizeof(f->subject));
		check_line(f->relation, sizeof(f->relation));
		if (strnlen(f->value, sizeof(f->value))) /* none: something is to be forgotten */
			check_line(f->value, sizeof(f->value));
		FUZZ_REQUIRE(f->span[0] <= f->span[1] && f->span[1] <= len);
		FUZZ_REQUIRE(detect_op_name(f->op) && f->rule && f->confidence >= 0 && f->confidence <= 1);
	}
	for (size_t i = 0; i < d.n_ignored; i++)
		FUZZ_REQUIRE(d.ignored[i].reason);
	detect_free(&d);
	free(question);
	free(reply);
	read_request(table, text, len);
}

static void read_table(const uint8_t *bytes, size_t n)
{
	static char path[300];
	char err[300] = "";
	relations *r = NULL;

	if (!path[0])
		test_path(path, sizeof(path), "relations.txt");
	FILE *f = fopen(path, "wb");

	FUZZ_REQUIRE(f && fwrite(bytes, 1, n, f) == n && !fclose(f));
	if (relations_load(&r, path, err, sizeof(err)))
		FUZZ_REQUIRE(err[0] && !r);
	else
		FUZZ_REQUIRE(r && (!relations_count(r) || relations_at(r, relations_count(r) - 1)));
	relations_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > MAX_INPUT)
		return 0;
	if (data[0] % 3 == 2)
		read_table(data + 1, size - 1);
	else
		read_text((const char *)data + 1, size - 1, data[0] % 3);
	return 0;
}

void fuzz_seeds(fuzz_put *put, void *arg)
{
	static const char *const texts[] = {
		"My dog's name is Biscuit and I live in Bristol.",
		"please forget my wifi password, where my sister lives and Ann's birthday",
		"Forget what I told you about my dog. Thanks!",
		"I am not 31 any more, I'm 32. Forget my address! My sister Ann's birthday is on 3 May.",
		"Actually, no: my favourite colour isn't blue, it's green; what is my cat called?",
		"\"My name is Bob\", he said. If my dog was called Rex... My password is hunter2\n\n- I like tea",
	};
	char bytes[2000], name[20];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int asked = 0; asked < 2; asked++) {
			size_t n = (size_t)snprintf(bytes + 1, sizeof(bytes) - 1, "%s", texts[i]);

			bytes[0] = (char)asked;
			snprintf(name, sizeof(name), "%zu-%d", i, asked);
			put(arg, name, bytes, n + 1);
		}
	FILE *f = fopen("assets/relations.txt", "rb");

	FUZZ_REQUIRE(f);
	bytes[0] = 2;
	size_t n = fread(bytes + 1, 1, sizeof(bytes) - 1, f);

	fclose(f);
	put(arg, "table", bytes, n + 1);
}
