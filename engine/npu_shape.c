/* npu_shape: the sizes of models, published ones by name and any from its file. */
#include "npu.h"

#include "engine_int.h"

#include <string.h>
#include <strings.h>

/* From the models' config.json; the edit layer is the engine's choice for the depth. */
static const npu_shape shapes[] = {
	{ "Qwen2.5-3B", 151936, 2048, 11008, 36, 16, 2, 128, 6 },
	{ "Qwen2.5-1.5B", 151936, 1536, 8960, 28, 12, 2, 128, 5 },
	{ "Qwen2.5-0.5B", 151936, 896, 4864, 24, 14, 2, 64, 4 },
	{ "Llama-3.2-3B", 128256, 3072, 8192, 28, 24, 8, 128, 5 },
	{ "Llama-3.2-1B", 128256, 2048, 8192, 16, 32, 8, 64, 3 },
};

const npu_shape *npu_shape_find(const char *name)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (!strcasecmp(shapes[i].name, name))
			return &shapes[i];
	return NULL;
}

npu_shape npu_shape_of(const hparams *hp, int edit_layer)
{
	npu_shape s = {
		.n_vocab = hp->n_vocab, .n_embd = hp->n_embd, .n_ff = hp->n_ff, .n_layer = hp->n_layer,
		.n_head = hp->n_head, .n_head_kv = hp->n_head_kv, .head_dim = hp->head_dim,
		.edit_layer = edit_layer,
	};

	memcpy(s.name, hp->name, sizeof s.name);
	return s;
}

int npu_shape_read(npu_shape *out, const char *path, char *err, size_t errlen)
{
	hparams hp;
	int edit_layer, rc = model_sizes(&hp, &edit_layer, path, err, errlen);

	if (!rc)
		*out = npu_shape_of(&hp, edit_layer);
	return rc;
}
