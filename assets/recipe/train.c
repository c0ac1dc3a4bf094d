/*
 * train: trains the built-in model.
 *
 *   train --data PREFIX --valid PREFIX --out DIR (--minutes M | --tokens N) [options]
 *
 * SIGINT and SIGTERM write a checkpoint and end the run; --resume goes on from DIR/ckpt.bin.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "trainer.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

typedef struct args {
	trainer_options o;
	const char *out, *from;
	int resume;
	unsigned long log_every;
	double save_seconds, valid_tokens;
} args;

static const char usage[] =
	"usage: train --data PREFIX --out DIR (--minutes M | --tokens N) [options]\n"
	"  --valid PREFIX       held-out set: its loss is printed every --valid-every tokens (2e6)\n"
	"  --hidden 256 --layers 8 --heads 4 --kv-heads 4 --ffn 1024 --vocab 4096\n"
	"  --ctx 512 --edit-layer 2 --banks 1 --batch-windows 16\n"
	"  --lr 2e-3 --warmup 400000 (tokens) --seed 1\n"
	"  --noise 0.5          probability of noise on a value vector\n"
	"  --solve 0.7          share of windows whose value vectors come through a weight edit\n"
	"  --threads N          default: the processors online\n"
	"  --fair               windows go to whichever thread is free: faster on a busy machine,\n"
	"                       not the same bits every time\n"
	"  --muon               the layers' matrices by Muon instead of AdamW\n"
	"  --resume             go on from DIR/ckpt.bin; data, lr, tokens and minutes may change\n"
	"  --from FILE          go on from this checkpoint instead\n"
	"  --restart-schedule   with it: a new warm-up and cosine over --tokens or --minutes\n"
	"  --save-every 180     seconds between checkpoints      --log-every 20   steps\n";

static void on_signal(int sig)
{
	(void)sig;
	stopping = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum { O_DATA = 256, O_VALID, O_OUT, O_MINUTES, O_TOKENS, O_HIDDEN, O_LAYERS, O_HEADS, O_KV, O_FFN, O_VOCAB,
       O_CTX, O_EDIT, O_BANKS, O_BATCH, O_LR, O_WARM, O_SEED, O_NOISE, O_SOLVE, O_THREADS, O_FAIR, O_MUON, O_RESUME, O_FROM,
       O_RESTART, O_SAVE, O_LOG, O_VALID_EVERY, O_HELP };

static const struct option longs[] = {
	{ "data", 1, NULL, O_DATA }, { "valid", 1, NULL, O_VALID }, { "out", 1, NULL, O_OUT },
	{ "minutes", 1, NULL, O_MINUTES }, { "tokens", 1, NULL, O_TOKENS },
	{ "hidden", 1, NULL, O_HIDDEN }, { "layers", 1, NULL, O_LAYERS }, { "heads", 1, NULL, O_HEADS },
	{ "kv-heads", 1, NULL, O_KV }, { "ffn", 1, NULL, O_FFN }, { "vocab", 1, NULL, O_VOCAB },
	{ "ctx", 1, NULL, O_CTX }, { "edit-layer", 1, NULL, O_EDIT }, { "banks", 1, NULL, O_BANKS },
	{ "batch-windows", 1, NULL, O_BATCH }, { "lr", 1, NULL, O_LR }, { "warmup", 1, NULL, O_WARM },
	{ "seed", 1, NULL, O_SEED }, { "noise", 1, NULL, O_NOISE }, { "solve", 1, NULL, O_SOLVE },
	{ "threads", 1, NULL, O_THREADS },
	{ "fair", 0, NULL, O_FAIR }, { "muon", 0, NULL, O_MUON }, { "resume", 0, NULL, O_RESUME }, { "from", 1, NULL, O_FROM },
	{ "restart-schedule", 0, NULL, O_RESTART }, { "save-every", 1, NULL, O_SAVE },
	{ "log-every", 1, NULL, O_LOG }, { "valid-every", 1, NULL, O_VALID_EVERY },
	{ "help", 0, NULL, O_HELP }, { NULL, 0, NULL, 0 }
};

static int args_set(args *a, int opt)
{
	trainer_options *o = &a->o;
	double x = optarg ? atof(optarg) : 0;
	uint32_t u = optarg ? (uint32_t)strtoul(optarg, NULL, 10) : 0;

	switch (opt) {
	case O_DATA: o->data = optarg; break;
	case O_VALID: o->valid = optarg; break;
	case O_OUT: a->out = optarg; break;
	case O_MINUTES: o->minutes = x; o->new_leg_goal = 1; break;
	case O_TOKENS: o->tokens = x; o->new_leg_goal = 1; break;
	case O_HIDDEN: o->config.hidden = u; break;
	case O_LAYERS: o->config.layers = u; break;
	case O_HEADS: o->config.heads = u; break;
	case O_KV: o->config.kv_heads = u; break;
	case O_FFN: o->config.ffn = u; break;
	case O_VOCAB: o->config.vocab = u; break;
	case O_CTX: o->config.ctx = u; break;
	case O_EDIT: o->config.edit_layer = u; break;
	case O_BANKS: o->config.banks = u; break;
	case O_BATCH: o->batch = u; break;
	case O_LR: o->lr = x; o->new_leg_lr = 1; break;
	case O_WARM: o->warm_tokens = (uint32_t)x; break;
	case O_SEED: o->seed = u; break;
	case O_NOISE: o->noise.prob = (float)x; break;
	case O_SOLVE: o->noise.solve = (float)x; break;
	case O_THREADS: o->threads = (int)u; break;
	case O_FAIR: o->fair = 1; break;
	case O_MUON: o->muon = 1; break;
	case O_RESUME: a->resume = 1; break;
	case O_FROM: a->from = optarg; break;
	case O_RESTART: o->restart_schedule = 1; break;
	case O_SAVE: a->save_seconds = x; break;
	case O_LOG: a->log_every = u ? u : 1; break;
	case O_VALID_EVERY: a->valid_tokens = x; break;
	default: return -1;
	}
	return 0;
}

static int args_parse(args *a, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (args_set(a, opt))
			return -1;
	if (optind != argc || !a->o.data || !a->out || a->o.threads < 1 || a->o.threads > 256 ||
	    a->o.batch < 1 || a->o.batch > 4096)
		return -1;
	if (a->o.tokens <= 0 && a->o.minutes <= 0 && (!(a->resume || a->from) || a->o.restart_schedule))
		return -1;
	return 0;
}

static void valid_print(trainer *t)
{
	net_loss l = trainer_valid(t, 65536);

	if (l.weight > 0)
		printf("  held-out loss %.4f", l.sum / l.weight);
	if (l.told_weight > 0)
		printf(" (after a value %.4f)", l.told_sum / l.told_weight);
	if (l.weight > 0)
		printf("\n");
	fflush(stdout);
}

static void step_print(const trainer *t, const trainer_step *s, double rate)
{
	const ckpt_state *c = trainer_state(t);

	printf("step %llu loss %.4f ema %.4f told %.4f norm %.2f lr %.2e  %.2fM tokens (epoch %.2f)  %.0f/s  %.1f min\n",
	       (unsigned long long)c->step, s->loss, c->ema, c->told_ema, s->norm, s->lr,
	       (double)c->tokens / 1e6, (double)c->epoch + trainer_epoch_part(t), rate, c->seconds / 60);
	fflush(stdout);
}

/* Trains until the leg is over or a signal came. 0 or -1 with err. */
static int run(trainer *t, const args *a, const char *path, char *err, size_t errlen)
{
	double saved = now(), since = now(), tokens = 0, until_valid = a->valid_tokens;
	trainer_step s;
	int rc = 0;

	for (unsigned long k = 1; !stopping && !(rc = trainer_next(t, &s, err, errlen)); k++) {
		tokens += (double)s.tokens;
		until_valid -= (double)s.tokens;
		if (k % a->log_every == 0 || k == 1) {
			step_print(t, &s, tokens / (now() - since));
			since = now();
			tokens = 0;
		}
		if (until_valid <= 0) {
			valid_print(t);
			until_valid += a->valid_tokens;
		}
		if (now() - saved > a->save_seconds) {
			if (trainer_save(t, path, err, errlen))
				return -1;
			saved = now();
		}
	}
	if (rc < 0)
		return -1;
	valid_print(t);
	return trainer_save(t, path, err, errlen);
}

int main(int argc, char **argv)
{
	args a = { .o = trainer_options_default(), .log_every = 20, .save_seconds = 180, .valid_tokens = 2e6 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct sigaction sa = { .sa_handler = on_signal };
	char err[512], path[4096];
	trainer *t = NULL;
	int rc;

	a.o.threads = cpus > 0 && cpus <= 256 ? (int)cpus : 1;
	if (args_parse(&a, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (mkdir(a.out, 0777) && errno != EEXIST) {
		fprintf(stderr, "train: %s: %s\n", a.out, strerror(errno));
		return 1;
	}
	snprintf(path, sizeof path, "%s/ckpt.bin", a.out);
	a.o.resume = a.from ? a.from : a.resume ? path : NULL;
	if (trainer_open(&a.o, &t, err, sizeof err)) {
		fprintf(stderr, "train: %s\n", err);
		return 1;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	printf("%.3f million parameters, network %s, products %s, %d threads\n",
	       (double)trainer_net(t)->n_param / 1e6, trainer_net(t)->ops->name, trainer_net(t)->gemm_name,
	       a.o.threads);
	rc = run(t, &a, path, err, sizeof err);
	if (rc)
		fprintf(stderr, "train: %s\n", err);
	trainer_close(t);
	return rc ? 1 : 0;
}
