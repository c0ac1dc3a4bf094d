/*
 * detect: the relations table, and the detector that turns an utterance into candidate facts. No ledger, no model.
 *
 * Errors: functions return 0 or a negative MEMORY_E*; a sentence for the user goes to err (cut to errlen, always
 * terminated). Output parameters are untouched on failure. Strings are UTF-8.
 * Threads: a relations table is read-only after loading and may be shared; the detector keeps nothing between two calls.
 */
#ifndef MEMORY_DETECT_H
#define MEMORY_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of all functions of this folder. */
enum {
	MEMORY_OK = 0,
	MEMORY_ERR = -1,     /* run-time error: SQLite, I/O */
	MEMORY_ENOMEM = -2,
	MEMORY_ELOCKED = -3, /* another process writes this ledger */
	MEMORY_ECORRUPT = -4,
	MEMORY_ENOENT = -5,  /* no such fact, edit, file */
	MEMORY_EARG = -6,
	MEMORY_EREADONLY = -7,
};

/* ---- relations: assets/relations.txt, expanded ---- */

enum { RELATION_ONE, RELATION_MANY };
enum { RELATION_NORMAL, RELATION_PRIVATE, RELATION_SECRET };

/* One relation with its nouns filled in. The forms keep {v}, {s}, {S}, {t}, {T} and the anchor brackets. */
typedef struct relation {
	const char *name;    /* "name", "home", "favorite color" */
	const char *subject; /* "I", "my dog", or "*" for any other subject */
	const char *noun;    /* what {n} was replaced with, or "" */
	const char *value;   /* value kind: "pet", "city", "email" */
	int cardinality, sensitivity;
	const char *answer, *unknown, *note;
	const char *const *say, *const *ask, *const *test, *const *same; /* lists */
	size_t n_say, n_ask, n_test, n_same;
} relation;

typedef struct relations relations;

/* Reads a table. Errors name the file and the line. The caller frees with relations_free (takes NULL). */
int relations_load(relations **out, const char *path, char *err, size_t errlen);
/* Adds a user's own table; a relation with the same subject and name replaces the older one. */
int relations_merge(relations *r, const char *path, char *err, size_t errlen);
void relations_free(relations *r);
size_t relations_count(const relations *r);
const relation *relations_at(const relations *r, size_t i);
/* The relation for a fact: exact subject first, then "*". NULL when there is none. */
const relation *relations_find(const relations *r, const char *subject, const char *name);

/*
 * Fills a form: "What is [{s}]'s name?" with subject "my dog" -> "What is my dog's name?". *anchor_end, if wanted, gets
 * the byte offset just past the bracketed phrase (0 if the form has none). value may be NULL. Returns the length
 * written, or MEMORY_EARG when it does not fit into cap bytes (terminated).
 */
int relation_fill(const char *form, const char *subject, const char *value, char *out, size_t cap,
		  size_t *anchor_end);

/* ---- detector ---- */

enum { DETECT_ADD, DETECT_SUPERSEDE, DETECT_RETRACT, DETECT_NOOP, DETECT_ASK };

typedef struct detect_fact {
	char subject[96];   /* "I", "my dog", "Andrew Yoder" */
	char relation[64];
	char value[192];
	int op;             /* DETECT_* : what the words say; memory_decide() weighs it against the ledger */
	const char *rule;   /* static name of the rule */
	double confidence;  /* 0..1 */
	size_t span[2];     /* bytes [a, b) of the value in the utterance */
} detect_fact;

typedef struct detect_ignored {
	const char *reason; /* static: "question", "hypothetical", "wish", "plan", "past", "fiction", "quote", "code", ... */
	size_t span[2];
} detect_ignored;

/* Who died, or from whom the user parted; subject and name "": from whoever it was ("I'm divorced"). */
enum { DETECT_ENDED_MAX = 4 };
typedef struct detect_ending {
	char subject[96], name[96]; /* "my cat", or else a name, or neither */
	const char *how;            /* static: "died", "parted" */
} detect_ending;

typedef struct detect_result {
	detect_fact *facts;
	size_t n_facts;
	detect_ignored *ignored;
	size_t n_ignored;
	size_t (*unread)[2]; /* [n_unread] bytes of what told nothing, whatever else it was: a question, a remark; but no greeting */
	size_t n_unread;
	detect_ending ended[DETECT_ENDED_MAX]; /* of what was told of them, some may hold no longer */
	size_t n_ended;
	char about[96]; /* whom "he", "she" or "it" in the next message means: "my dog", "Lena Holm"; "": nobody */
} detect_result;

/* Finds facts in the user's own words. explicit_ask: the user said /remember, so the guards against hypotheticals and
 * secrets are off. Pure, no allocation kept: free with detect_free. Any bytes are accepted as text. */
int detect(const relations *r, const char *text, size_t len, bool explicit_ask, detect_result *out,
	   char *err, size_t errlen);
/* What was said before: all of it may be missing. */
typedef struct detect_before {
	const detect_fact *told; /* facts of the user's message before, [n_told] */
	size_t n_told;
	const char *question, *reply; /* that message, and what was answered */
	const char *about; /* as its detect_result has it */
} detect_before;
/* The same after these. A short correction ("no, Mimi", "Anna, not Ana") is read as the newest of the facts told that it
 * fits. A message that is a value and no more ("It's Rex") is read as what the question asked for: that is taken from the
 * question's words and, where the reply says what is not known yet or asks for a name, from that; never a value. DETECT_ASK where it may mean
 * another or none. */
int detect_after(const relations *r, const detect_before *before, const char *text, size_t len, bool explicit_ask,
		 detect_result *out, char *err, size_t errlen);
void detect_free(detect_result *d);
/* A message that only asks for patience: "hold on", "wait, let me think". What was asked before it stays open. */
bool detect_holds(const char *text);
/* A message that asks to forget something: "please forget where I live", "forget what I told you about my dog". */
enum { FORGET_MAX = 8 };
typedef struct forget_target {
	char subject[96], relation[64], value[192]; /* of a fact; "" stands for any */
	char words[128]; /* how it was named, without "my": "wifi password" */
	int64_t id;      /* given by number; or 0 */
} forget_target;
typedef struct forget_request {
	enum { FORGET_NOT,       /* it asks for nothing of the kind */
	       FORGET_THESE,
	       FORGET_LAST,      /* "what I just told you" */
	       FORGET_ALL } what;
	bool loose; /* "forget Rex": meant only if there is such a fact */
	forget_target target[FORGET_MAX];
	size_t n;
} forget_request;
/* Requests only: "I always forget my password", "don't forget my birthday" ask for nothing. Returns 0 or MEMORY_ENOMEM. */
int detect_forget(const relations *r, const char *text, size_t len, forget_request *out);
const char *detect_op_name(int op); /* "add", "supersede", "retract", "noop", "ask" */

#endif
