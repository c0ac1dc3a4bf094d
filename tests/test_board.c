/* board.c: the curve and the keeping of what the worker said. */
#include <locale.h>
#include <math.h>

#include "tests/test.h"
#include "tui/panes.h"

static const char *plain(const float *loss, int n, int rows, int columns)
{
	static char out[512];
	uint32_t cell[128];
	int k = 0;

	curve_draw(loss, n, false, rows, columns, cell);
	for (int r = 0; r < rows; r++) {
		for (int x = 0; x < columns; x++)
			out[k++] = (char)cell[r * columns + x];
		out[k++] = '\n';
	}
	out[k] = 0;
	return out;
}

static void test_curve_in_ascii(void)
{
	const float down[] = { 4, 3, 2, 1 }, flat[] = { 2, 2, 2 }, wide[] = { 1000, 100, 10, 1 };

	CHECK_STR(plain(down, 4, 4, 4), "*   \n *  \n  * \n   *\n");
	CHECK_STR(plain(down, 4, 1, 4), "#+-.\n");
	CHECK_STR(plain(flat, 3, 2, 3), "   \n***\n");
	CHECK_STR(plain(wide, 4, 4, 4), "*   \n *  \n  * \n   *\n"); /* a log scale */
	CHECK_STR(plain(down, 0, 2, 3), "   \n   \n");
	CHECK_STR(plain(down, 1, 2, 3), "   \n***\n");
}

static void test_curve_in_braille(void)
{
	const float down[] = { 7, 6, 5, 4, 3, 2, 1, 0 }, up[] = { 0, 7 };
	uint32_t cell[8];

	curve_draw(down, 8, true, 2, 4, cell); /* 8 by 8 dots: the diagonal */
	CHECK_INT(cell[0], 0x2800 | 1 | 16);
	CHECK_INT(cell[1], 0x2800 | 4 | 128);
	CHECK_INT(cell[2], ' ');
	CHECK_INT(cell[6], 0x2800 | 1 | 16);
	CHECK_INT(cell[7], 0x2800 | 4 | 128);
	curve_draw(up, 2, true, 2, 1, cell); /* a jump is joined */
	CHECK_INT(cell[0], 0x2800 | 8 | 16 | 32 | 128);
	CHECK_INT(cell[1], 0x2800 | 64 | 8 | 16 | 32);
}

static void test_curve_with_broken_numbers(void)
{
	const float bad[] = { NAN, 3, INFINITY, 1, -INFINITY }, worse[] = { NAN, NAN };
	uint32_t cell[40];

	curve_draw(bad, 5, true, 2, 10, cell);
	curve_draw(bad, 5, false, 2, 10, cell);
	curve_draw(worse, 2, false, 2, 10, cell);
	CHECK_INT(cell[0], ' ');
}

static void test_results_and_queue(void)
{
	board b = { 0 };
	edit_view v = {
		.fact_id = 3, .fact = "x\033[2Jy\nz", .phase = "search", .n_curve = CURVE_MAX + 7
	};
	char text[32];

	for (int i = 0; i < 9; i++) {
		snprintf(text, sizeof text, "result %d", i);
		board_result(&b, i % 2, text);
	}
	CHECK_INT(b.n_results, RESULTS_MAX);
	CHECK_STR(b.results[0], "result 8");
	CHECK_STR(b.results[RESULTS_MAX - 1], "result 3");
	CHECK(b.good[1] && !b.good[0]);
	board_queue(&b, "one\033[31m\ntwo\n", 2);
	CHECK_STR(b.queue, "one\ntwo\n");
	board_queue(&b, "", 0);
	CHECK(b.queue == NULL);
	board_edit(&b, &v);
	CHECK_STR(b.edit.fact, "xy z");
	CHECK_INT(b.edit.n_curve, 0);
	board_release(&b);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	TEST_RUN(test_curve_in_ascii);
	TEST_RUN(test_curve_in_braille);
	TEST_RUN(test_curve_with_broken_numbers);
	TEST_RUN(test_results_and_queue);
	return test_done();
}
