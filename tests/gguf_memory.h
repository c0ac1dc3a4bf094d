/*
 * gguf_memory: model files that are nothing but bytes. A program linked with --wrap=gguf_open finds a
 * file of the name given here in memory, exact to the byte, so that a sanitizer sees every read past
 * its end; other names are opened as ever.
 */
#ifndef TESTS_GGUF_MEMORY_H
#define TESTS_GGUF_MEMORY_H

#include <stddef.h>

/* The one file; its name is "model", as gguf_open_memory() calls it in its sentences. Borrows bytes. */
#define GGUF_MEMORY "model"
void gguf_memory_put(const void *bytes, size_t n);

#endif
