/*
 * The training step on several threads: each takes whole windows forward and backward with a gradient
 * buffer of its own, then all of them add up the buffers, update the weights and pack them again, by
 * blocks of rows. Call from one thread only; the others belong to the team.
 *
 * With fair = 0 the same windows, weights and number of threads give the same bits: window i goes to
 * thread i % threads. fair = 1 gives windows to whichever thread is free, which is faster on a machine
 * that does other work too, and equal only up to the order of the sums.
 */
#ifndef RECIPE_TEAM_H
#define RECIPE_TEAM_H

#include "net.h"

#include <stdbool.h>

typedef struct team team;

/* The net must outlive the team. muon: the layers' matrices by Muon, the rest by AdamW. 0, or -1 with err. team_free takes NULL. */
int team_new(net *n, int threads, int fair, bool muon, team **out, char *err, size_t errlen);
void team_free(team *t);

/* Moments of AdamW, the first also Muon's, [n_param] each, zero at first: for checkpoints. */
float *team_m(team *t);
float *team_v(team *t);

/* Loss of the windows, without gradients. */
net_loss team_eval(team *t, const net_window *const *win, size_t n_win);

/* Loss and gradient of the windows; returns the gradient's norm in *norm. */
net_loss team_gradient(team *t, const net_window *const *win, size_t n_win, double *norm);

/* Update number step (from 1) with the gradient of team_gradient, clipped to norm 1, which is
 * then cleared. */
void team_update(team *t, float lr, double norm, uint64_t step);

#endif
