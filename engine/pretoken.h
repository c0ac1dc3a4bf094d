/*
 * pretoken: the expressions that cut text into words before byte-pair merging.
 */
#ifndef ENGINE_PRETOKEN_H
#define ENGINE_PRETOKEN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pretoken pretoken;
/* name: tokenizer.ggml.pre of the file (len bytes). An unknown one is ENGINE_EFORMAT. */
int pretoken_new(pretoken **out, const char *name, size_t len, char *err, size_t errlen);
void pretoken_free(pretoken *p); /* takes NULL */
/* Calls word() for each word in order; together they are the text. Any bytes are taken. Returns
 * what word() returned when that is not 0, or ENGINE_ERR. */
int pretoken_split(const pretoken *p, const char *text, size_t len,
		   int (*word)(void *arg, const char *s, size_t n), void *arg);
/* A word that is a token is taken whole, without looking at the merges. */
bool pretoken_whole_words(const pretoken *p);
bool pretoken_adds_bos(const pretoken *p); /* where the metadata does not say */
/* Length of the UTF-8 character at p [n], n > 0 (RFC 3629: shortest form, no surrogates); 0 if there
 * is none. */
size_t utf8_char(const unsigned char *p, size_t n);

#endif
