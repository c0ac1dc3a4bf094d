/* See trainer.h. */
#define _POSIX_C_SOURCE 200809L
#include "trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT_KEYS_EVERY = 4 /* windows */, SPREAD_EVERY = 100 /* steps */ };

struct trainer {
	trainer_options o;
	ckpt_state s;
	net *net;
	team *team;
	windows_set data, valid;
	int has_valid;

	windows_buf *buf; /* [batch] */
	const net_window **win;
	double last; /* clock when the last step ended */
};

static double clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

trainer_options trainer_options_default(void)
{
	return (trainer_options){ .config = net_config_default(), .batch = 16, .threads = 1, .seed = 1,
				  .lr = 2e-3, .warm_tokens = 400000,
				  .noise = { .prob = 0.5f, .max_rel = 0.15f, .scale_lo = 0.9f,
					     .scale_hi = 1.15f, .solve = 0.7f, .ridge = 1e-1f,
					     .others = 0.6f, .others_gain = 3 } };
}

static ckpt_leg leg_make(const trainer_options *o)
{
	return (ckpt_leg){ .lr = o->lr, .timed = o->minutes > 0,
			   .total = o->minutes > 0 ? o->minutes * 60 : o->tokens,
			   .warm_tokens = o->warm_tokens };
}

static void state_begin(trainer *t)
{
	t->s = (ckpt_state){ .config = t->o.config, .batch = t->o.batch, .seed = t->o.seed, .ema = -1,
			     .told_ema = -1, .leg = leg_make(&t->o) };
}

/* Applies what the options change in a loaded state. */
static void state_resume(trainer *t)
{
	ckpt_leg *leg = &t->s.leg, new = leg_make(&t->o);

	if (t->o.restart_schedule) {
		*leg = new;
		return;
	}
	if (t->o.new_leg_lr)
		leg->lr = new.lr;
	if (t->o.new_leg_goal && leg->timed == new.timed)
		leg->total = new.total;
	else if (t->o.new_leg_goal) /* tokens and seconds do not compare: the goal is for what follows */
		*leg = (ckpt_leg){ .lr = leg->lr, .total = new.total, .timed = new.timed };
}

/* Position in the data: kept when the set is the same, else its next epoch from the start. */
static int data_begin(trainer *t, char *err, size_t errlen)
{
	ckpt_state *s = &t->s;

	if (s->data_tokens != t->data.n_tok || s->data_docs != t->data.n_doc) {
		s->epoch += s->window ? 1 : 0;
		s->window = 0;
		s->data_tokens = t->data.n_tok;
		s->data_docs = t->data.n_doc;
	}
	return windows_plan(&t->data, s->config.ctx, s->seed, s->epoch, err, errlen);
}

static int buffers_make(trainer *t)
{
	t->buf = calloc(t->s.batch, sizeof *t->buf);
	t->win = calloc(t->s.batch, sizeof *t->win);
	if (!t->buf || !t->win)
		return -1;
	for (uint32_t i = 0; i < t->s.batch; i++) {
		if (windows_buf_init(t->buf + i, t->s.config.ctx))
			return -1;
		t->win[i] = &t->buf[i].win;
	}
	return 0;
}

static int net_begin(trainer *t, char *err, size_t errlen)
{
	const trainer_options *o = &t->o;

	if (net_new(&t->s.config, 0, &t->net, err, errlen) ||
	    team_new(t->net, o->threads, o->fair, o->muon, &t->team, err, errlen))
		return -1;
	if (!o->resume)
		net_init(t->net, t->s.seed);
	else if (ckpt_load(o->resume, &t->s, t->net->p, team_m(t->team), team_v(t->team), t->net->n_param,
			   err, errlen))
		return -1;
	net_pack_all(t->net);
	return 0;
}

static int open_all(trainer *t, char *err, size_t errlen)
{
	const trainer_options *o = &t->o;

	state_begin(t);
	if (o->resume && ckpt_peek(o->resume, &t->s, err, errlen))
		return -1;
	if (net_config_check(&t->s.config, err, errlen) ||
	    windows_open(&t->data, o->data, &t->s.config, err, errlen) || net_begin(t, err, errlen))
		return -1;
	if (o->resume)
		state_resume(t);
	if (data_begin(t, err, errlen))
		return -1;
	if (o->valid) {
		if (windows_open(&t->valid, o->valid, &t->s.config, err, errlen) ||
		    windows_plan(&t->valid, t->s.config.ctx, 1, 0, err, errlen))
			return -1;
		t->has_valid = 1;
	}
	if (buffers_make(t)) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	t->last = clock_seconds();
	return 0;
}

int trainer_open(const trainer_options *o, trainer **out, char *err, size_t errlen)
{
	trainer *t = calloc(1, sizeof *t);

	if (!t) {
		snprintf(err, errlen, "out of memory");
		return -1;
	}
	t->o = *o;
	if (open_all(t, err, errlen)) {
		trainer_close(t);
		return -1;
	}
	*out = t;
	return 0;
}

void trainer_close(trainer *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; t->buf && i < t->s.batch; i++)
		windows_buf_free(t->buf + i);
	free(t->buf);
	free(t->win);
	windows_close(&t->data);
	windows_close(&t->valid);
	team_free(t->team);
	net_free(t->net);
	free(t);
}

/* Takes the next batch from the data, starting a new epoch where one ends. Total weight in *weight. */
static int batch_fill(trainer *t, double *weight, size_t *tokens, char *err, size_t errlen)
{
	ckpt_state *s = &t->s;

	*weight = 0;
	*tokens = 0;
	for (uint32_t i = 0; i < s->batch; i++) {
		windows_buf *b = t->buf + i;

		if (s->window >= t->data.n_window) {
			s->window = 0;
			if (windows_plan(&t->data, s->config.ctx, s->seed, ++s->epoch, err, errlen))
				return -1;
		}
		if (windows_fill(&t->data, s->window++, b)) {
			snprintf(err, errlen, "out of memory");
			return -1;
		}
		b->win.noise = t->o.noise;
		b->win.noise.seed = s->seed * 0xd1342543de82ef95u + s->step * 0x10001 + i;
		b->win.noise.count_keys = i % COUNT_KEYS_EVERY == 0;
		*weight += b->total_weight;
		*tokens += b->win.n;
	}
	for (uint32_t i = 0; i < s->batch; i++)
		t->buf[i].win.scale = *weight > 0 ? (float)(1 / *weight) : 0.f;
	return 0;
}

/* Learning rate now: linear warm-up, then cosine down to a fiftieth. */
static double leg_lr(const ckpt_leg *leg)
{
	double tokens = (double)leg->tokens, warm = leg->warm_tokens, part = leg->total > 0 ? leg->done / leg->total : 0;

	if (!leg->timed && warm > leg->total / 10)
		warm = leg->total / 10;
	part = part < 1 ? part : 1;
	warm = warm > 0 && tokens < warm ? tokens / warm : 1;
	return leg->lr * warm * (0.02 + 0.98 * 0.5 * (1 + cos(3.14159265358979 * part)));
}

static double smooth(double ema, double x)
{
	return ema < 0 ? x : 0.98 * ema + 0.02 * x;
}

int trainer_next(trainer *t, trainer_step *out, char *err, size_t errlen)
{
	ckpt_state *s = &t->s;
	double weight, now;
	net_loss loss;

	if (s->leg.total > 0 && s->leg.done >= s->leg.total)
		return 1;
	memset(out, 0, sizeof *out);
	if (batch_fill(t, &weight, &out->tokens, err, errlen))
		return -1;
	loss = team_gradient(t->team, t->win, s->batch, &out->norm);
	s->leg.tokens += out->tokens;
	out->lr = leg_lr(&s->leg);
	out->loss = weight > 0 ? loss.sum / weight : 0;
	out->told_loss = loss.told_weight > 0 ? loss.told_sum / loss.told_weight : -1;
	if (!isfinite(out->loss) || !isfinite(out->norm)) {
		snprintf(err, errlen, "the loss is no longer a number at step %llu",
			 (unsigned long long)s->step);
		return -1;
	}
	s->step++;
	team_update(t->team, (float)out->lr, out->norm, s->step);
	if (s->step % SPREAD_EVERY == 0 && net_spread(t->net)) {
		snprintf(err, errlen, "the keys' moment cannot be inverted");
		return -1;
	}
	s->tokens += out->tokens;
	s->ema = smooth(s->ema, out->loss);
	if (out->told_loss >= 0)
		s->told_ema = smooth(s->told_ema, out->told_loss);
	now = clock_seconds();
	s->seconds += now - t->last;
	s->leg.done += s->leg.timed ? now - t->last : (double)out->tokens;
	t->last = now;
	return 0;
}

net_loss trainer_valid(trainer *t, size_t max_tokens)
{
	net_loss all = { 0 };
	size_t tokens = 0, i = 0;

	while (t->has_valid && i < t->valid.n_window && tokens < max_tokens) {
		size_t n = 0;
		net_loss l;

		for (; n < t->s.batch && i < t->valid.n_window && tokens < max_tokens; n++, i++) {
			if (windows_fill(&t->valid, i, t->buf + n))
				return all;
			memset(&t->buf[n].win.noise, 0, sizeof t->buf[n].win.noise);
			tokens += t->buf[n].win.n;
		}
		l = team_eval(t->team, t->win, n);
		all.sum += l.sum;
		all.weight += l.weight;
		all.told_sum += l.told_sum;
		all.told_weight += l.told_weight;
	}
	return all;
}

int trainer_save(trainer *t, const char *path, char *err, size_t errlen)
{
	return ckpt_save(path, &t->s, t->net->p, team_m(t->team), team_v(t->team), t->net->n_param, err,
			 errlen);
}

double trainer_epoch_part(const trainer *t)
{
	return (double)t->s.window / (double)t->data.n_window;
}

const ckpt_state *trainer_state(const trainer *t)
{
	return &t->s;
}

net *trainer_net(const trainer *t)
{
	return t->net;
}
