/*
 * pretoken: the expressions are those of the models' own tokenizer.json (openai-community/gpt2,
 * Qwen/Qwen2, meta-llama/Meta-Llama-3), run by PCRE2. What an expression does not match is a word
 * of its own. Bytes that are not UTF-8 are words of one byte: they part the text, and the merges
 * never join them to it.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pretoken.h"

#include "engine_int.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STAGES = 2 };

/* White space as Unicode has it; PCRE2's own \s would be ASCII only, or with UCP one character too
 * many (U+180E). */
#define SPACES "\\p{Z}\\x{9}-\\x{d}\\x{85}"
#define S "[" SPACES "]"
#define NOT_S "[^" SPACES "]"

#define GPT2                                                                                       \
	"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^" SPACES "\\p{L}\\p{N}]+|" S "+(?!" NOT_S \
	")|" S "+"
#define CL100K(digits)                                                                    \
	"'[sStTmMdD]|'[rR][eE]|'[vV][eE]|'[lL][lL]|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits \
	"| ?[^" SPACES "\\p{L}\\p{N}]+[\\r\\n]*|" S "*[\\r\\n]+|" S "+(?!" NOT_S ")|" S "+"

/* Stages: the second expression cuts what the first one left or matched. */
static const struct kind {
	const char *name, *stages[MAX_STAGES];
	bool whole_words, adds_bos;
} kinds[] = {
	{ .name = "gpt-2", .stages = { GPT2 } },
	{ .name = "smollm", .stages = { "\\p{N}", GPT2 } },
	{ .name = "qwen2", .stages = { CL100K("\\p{N}") } },
	{ .name = "llama-bpe",
	  .stages = { CL100K("\\p{N}{1,3}") },
	  .whole_words = true,
	  .adds_bos = true },
};

struct pretoken {
	const struct kind *kind;
	pcre2_code *code[MAX_STAGES];
	pcre2_match_data *match[MAX_STAGES];
};

static int compile(pretoken *p, size_t stage, char *err, size_t errlen)
{
	const char *pattern = p->kind->stages[stage];
	PCRE2_SIZE at;
	int code;

	p->code[stage] = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &code,
				       &at, NULL);
	if (!p->code[stage])
		return code == PCRE2_ERROR_HEAP_FAILED
			       ? fail(err, errlen, ENGINE_ENOMEM, "out of memory")
			       : fail(err, errlen, ENGINE_ERR, "this PCRE2 has no Unicode support");
	pcre2_jit_compile(p->code[stage],
			  PCRE2_JIT_COMPLETE); /* where it cannot, the interpreter runs */
	p->match[stage] = pcre2_match_data_create(1, NULL);
	return p->match[stage] ? 0 : fail(err, errlen, ENGINE_ENOMEM, "out of memory");
}

int pretoken_new(pretoken **out, const char *name, size_t len, char *err, size_t errlen)
{
	const struct kind *kind = NULL;
	int rc = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			kind = &kinds[i];
	if (!kind)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "pre-tokenizer \"%.*s\" is not supported (gpt-2, smollm, qwen2 and "
			    "llama-bpe are)",
			    len < 64 ? (int)len : 64, name);
	pretoken *p = calloc(1, sizeof(*p));

	if (!p)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	p->kind = kind;
	for (size_t i = 0; !rc && i < MAX_STAGES && kind->stages[i]; i++)
		rc = compile(p, i, err, errlen);
	if (rc) {
		pretoken_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

void pretoken_free(pretoken *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < MAX_STAGES; i++) {
		pcre2_match_data_free(p->match[i]);
		pcre2_code_free(p->code[i]);
	}
	free(p);
}

bool pretoken_whole_words(const pretoken *p)
{
	return p->kind->whole_words;
}

bool pretoken_adds_bos(const pretoken *p)
{
	return p->kind->adds_bos;
}

/* ---- splitting ---- */

typedef struct splitter {
	const pretoken *p;
	int (*word)(void *arg, const char *s, size_t n);
	void *arg;
} splitter;

/* text is valid UTF-8: checked once, not again for every word. */
static int split_stage(const splitter *s, size_t stage, const char *text, size_t len)
{
	if (!len)
		return 0;
	if (stage == MAX_STAGES || !s->p->code[stage])
		return s->word(s->arg, text, len);
	pcre2_code *code = s->p->code[stage];
	pcre2_match_data *match = s->p->match[stage];
	size_t pos = 0;

	while (pos < len) {
		int n = pcre2_match(code, (PCRE2_SPTR)text, len, pos, PCRE2_NO_UTF_CHECK, match,
				    NULL);

		if (n == PCRE2_ERROR_JIT_STACKLIMIT)
			n = pcre2_match(code, (PCRE2_SPTR)text, len, pos,
					PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, match, NULL);
		if (n < 0 && n != PCRE2_ERROR_NOMATCH)
			return n == PCRE2_ERROR_NOMEMORY ? ENGINE_ENOMEM : ENGINE_ERR;
		size_t from = n < 0 ? len : pcre2_get_ovector_pointer(match)[0];
		size_t to = n < 0 ? len : pcre2_get_ovector_pointer(match)[1];
		int rc = split_stage(s, stage + 1, text + pos, from - pos);

		if (!rc)
			rc = split_stage(s, stage + 1, text + from, to - from);
		if (rc)
			return rc;
		pos = to;
	}
	return 0;
}

size_t utf8_char(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	size_t len = c < 0x80                ? 1
		     : c >= 0xc2 && c < 0xe0 ? 2
		     : c >= 0xe0 && c < 0xf0 ? 3
		     : c >= 0xf0 && c < 0xf5 ? 4
					     : 0;

	if (!len || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ||
	    (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

int pretoken_split(const pretoken *p, const char *text, size_t len,
		   int (*word)(void *arg, const char *s, size_t n), void *arg)
{
	const splitter s = { p, word, arg };
	size_t start = 0, pos = 0;

	while (pos < len) {
		size_t n = utf8_char((const unsigned char *)text + pos, len - pos);

		if (n) {
			pos += n;
			continue;
		}
		int rc = split_stage(&s, 0, text + start, pos - start);

		if (!rc)
			rc = word(arg, text + pos, 1);
		if (rc)
			return rc;
		start = ++pos;
	}
	return split_stage(&s, 0, text + start, len - start);
}
