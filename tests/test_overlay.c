/* Edited weights of any layer: read where the edited model is, nowhere else, and gone when dropped. */
#include <stdlib.h>

#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static char model_path[512], text_path[512];

static engine *open_engine(int precision)
{
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.n_threads = 2;
	o.precision = precision;
	o.calibration = text_path;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

static double score(engine *e, enum engine_weights which)
{
	const engine_turn turn = { "user", "What is my dog called?", 22 };
	double nll = NAN;

	CHECK_INT(engine_score(e, &turn, 1, which, "Rex.", &nll, NULL, NULL, 0), 0);
	return nll;
}

/* In fp32 a copy of the base weights is the base, bit for bit, in every layer; a change is heard by the edited model only. */
static void a_copy_is_the_base(void)
{
	engine *e = open_engine(ENGINE_FP32);

	REQUIRE(e != NULL);
	double base = score(e, ENGINE_BASE);
	uint64_t version = engine_weights_version(e);

	for (size_t l = 0; l < e->info.n_layer; l++) {
		float *w = overlay_write(e, l);

		REQUIRE(w != NULL && overlay_write(e, l) == w);
		CHECK(score(e, ENGINE_EDITED) == base);
		w[7] += 0.5f;
		CHECK(score(e, ENGINE_EDITED) != base);
		CHECK(score(e, ENGINE_BASE) == base);
		overlay_changed(e);
		CHECK(engine_weights_version(e) > version);
		overlay_drop(e);
		CHECK(e->model->down_overlay == NULL && e->model->down_edited == NULL);
		CHECK(score(e, ENGINE_EDITED) == base);
		version = engine_weights_version(e);
	}
	engine_close(e);
}

/* In W8A16 the layer runs in fp32 while it is overlaid: another number, close by, and the old one afterwards. */
static void quantised_weights_come_back(void)
{
	engine *e = open_engine(ENGINE_W8A16);

	REQUIRE(e != NULL);
	double base = score(e, ENGINE_EDITED);

	REQUIRE(overlay_write(e, 2) != NULL);
	CHECK(score(e, ENGINE_EDITED) != base && fabs(score(e, ENGINE_EDITED) - base) < 0.05);
	CHECK(score(e, ENGINE_BASE) == base);
	overlay_drop(e);
	CHECK(score(e, ENGINE_EDITED) == base);
	REQUIRE(overlay_write(e, 3) != NULL); /* closing an engine that has one */
	engine_close(e);
}

int main(void)
{
	tiny_model t = tiny_model_default();

	t.n_layer = 4;
	t.edit_layer = 1;
	t.scale = 2;
	test_path(model_path, sizeof model_path, "overlay.gguf");
	tiny_model_write(&t, model_path);
	if (!test_calibration(text_path, sizeof text_path, 20, "friend"))
		return 1;
	TEST_RUN(a_copy_is_the_base);
	TEST_RUN(quantised_weights_come_back);
	return test_done();
}
