#include "gguf_memory.h"

#include "engine/engine_int.h"

#include <string.h>

static const void *file;
static size_t file_size;

int __real_gguf_open(gguf **out, const char *path, char *err, size_t errlen);
int __wrap_gguf_open(gguf **out, const char *path, char *err, size_t errlen);

void gguf_memory_put(const void *bytes, size_t n)
{
	file = bytes;
	file_size = n;
}

int __wrap_gguf_open(gguf **out, const char *path, char *err, size_t errlen)
{
	return strcmp(path, GGUF_MEMORY) ? __real_gguf_open(out, path, err, errlen)
					 : gguf_open_memory(out, file, file_size, err, errlen);
}
