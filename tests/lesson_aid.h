/*
 * lesson_aid: facts of the relations table as the methods are taught them. What a session does with them is in
 * tui/learn_contexts.c; this is the same in small.
 */
#ifndef TESTS_LESSON_AID_H
#define TESTS_LESSON_AID_H

#include <stdlib.h>

#include "engine/methods.h"
#include "memory/memory.h"
#include "tests/test.h"

enum { LESSON_CONTEXTS = 48, LESSON_UNRELATED = 8, LESSON_FITTED = 8, LESSON_TEXT = 256 };

typedef struct lesson {
	method_fact fact;
	char subject[96], relation_name[64], value[192], statement[LESSON_TEXT], answer[LESSON_TEXT], anchor[LESSON_TEXT];
	char text[LESSON_CONTEXTS][LESSON_TEXT];
	engine_turn turns[LESSON_CONTEXTS];
	edit_context contexts[LESSON_CONTEXTS];
	engine_turn other_turns[LESSON_UNRELATED];
	edit_context other[LESSON_UNRELATED];
	const relation *r;
} lesson;

static const char *const lesson_unrelated[LESSON_UNRELATED] = {
	"What is the capital of France?", "Hello!", "What is my guinea pig's name?", "How many legs does a spider have?",
	"What is my favorite dessert?", "Who are you?", "What is the opposite of hot?", "What is my aunt's name?",
};

static inline void lesson_add(lesson *l, const char *text, size_t anchor_end, const char *answer)
{
	size_t i = l->fact.n_contexts;

	if (i == LESSON_CONTEXTS || !anchor_end)
		return;
	snprintf(l->text[i], LESSON_TEXT, "%s", text);
	l->turns[i] = (engine_turn){ "user", l->text[i], strlen(l->text[i]) };
	l->contexts[i] = (edit_context){ .turns = &l->turns[i], .n_turns = 1, .anchor_end = anchor_end, .answer = answer };
	l->fact.n_contexts++;
}

/* The anchor phrase of a form behind some openings: keys only. */
static inline void lesson_carriers(lesson *l)
{
	static const char *const openings[] = { "", "So, ", "Quick question: ", "About ", "Listen: " };
	const char *open = strchr(l->r->ask[0], '['), *close = strchr(l->r->ask[0], ']');
	char phrase[LESSON_TEXT], form[LESSON_TEXT], text[LESSON_TEXT];
	size_t end;

	for (size_t i = 0; open && close && i < sizeof openings / sizeof *openings; i++) {
		snprintf(phrase, sizeof phrase, "%.*s", (int)(close + 1 - open), open);
		snprintf(form, sizeof form, "%s%.200s", openings[i], phrase);
		if (relation_fill(form, l->subject, NULL, text, sizeof text, &end) <= 0)
			continue;
		lesson_add(l, text, end, NULL);
		if (i == 0)
			snprintf(l->anchor, sizeof l->anchor, "%s", text);
	}
}

/* False where the table has no such relation. l stays where it is. */
static inline bool lesson_make(lesson *l, const relations *table, const char *subject, const char *name,
			       const char *value)
{
	char text[LESSON_TEXT];
	size_t end;

	memset(l, 0, sizeof *l);
	l->r = relations_find(table, subject, name);
	if (!l->r)
		return false;
	snprintf(l->subject, sizeof l->subject, "%s", subject);
	snprintf(l->relation_name, sizeof l->relation_name, "%s", name);
	snprintf(l->value, sizeof l->value, "%s", value);
	relation_fill(l->r->answer, subject, value, l->answer, sizeof l->answer, NULL);
	relation_fill(l->r->say[0], subject, value, l->statement, sizeof l->statement, NULL);
	for (size_t i = 0; i < l->r->n_ask; i++)
		if (relation_fill(l->r->ask[i], subject, NULL, text, sizeof text, &end) > 0)
			lesson_add(l, text, end, i < LESSON_FITTED ? l->answer : NULL);
	lesson_carriers(l);
	for (size_t i = 0; i < LESSON_UNRELATED; i++) {
		const char *s = lesson_unrelated[i];

		l->other_turns[i] = (engine_turn){ "user", s, strlen(s) };
		l->other[i] = (edit_context){ .turns = &l->other_turns[i], .n_turns = 1, .anchor_end = strlen(s) };
	}
	l->fact.subject = l->subject;
	l->fact.relation = l->relation_name;
	l->fact.value = l->value;
	l->fact.anchor = l->anchor;
	l->fact.statement = l->statement;
	l->fact.contexts = l->contexts;
	l->fact.unrelated = l->other;
	l->fact.n_unrelated = LESSON_UNRELATED;
	return true;
}

#endif
