/*
 * tui_int: what the files of tui/ share. The main thread owns terminal, readline and transcript and blocks only in poll();
 * the worker thread owns engine, session and memory. They meet in one mailbox (worker.c): requests one way, events the
 * other, one mutex, one wake pipe; a buffer is taken under the lock and used outside it.
 */
#ifndef TUI_TUI_INT_H
#define TUI_TUI_INT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- program settings (main.c fills it from the environment, cli.c from the arguments) ---- */

typedef struct settings {
	const char *model;      /* path of the GGUF */
	const char *data_dir;   /* ledger's folder (profile included); NULL: nothing says where */
	const char *state_dir;  /* line history, log; NULL: not kept */
	const char *cache_dir;  /* calibration; NULL: not kept */
	const char *assets_dir; /* relations.txt, calibration.txt, prompt */
	const char *user_relations; /* path or NULL */
	const char *home;       /* what ~ stands for, or NULL */
	const char *chat_template;
	int threads, precision; /* precision: 0 w8a16, 1 fp32 (as in engine.h) */
	unsigned cpu_mask;
	const char *cpu_names;  /* the list it was given as, or NULL */
	uint64_t seed;
	const char *temperature, *top_k, *top_p, *min_p, *repeat_penalty; /* as given and checked; NULL: the default */
	int search;             /* enum edit_search of engine.h */
	bool layer_given;       /* --layer: edits go to this one */
	int layer;
	bool practice;          /* FIT from zero: the model is practised with first (learn_practice.c) */
	int phone;              /* whose time edits project: k60, k70, oneplus13 */
	bool json, plain, warm_start, incognito, in_context;
	int color;              /* -1 auto, 0 never, 1 always */
	int learn_mode;         /* LEARN_* */
	const char *config;     /* path of the configuration file, or NULL */
	char *config_text;      /* owned: what settings from it point into */
	bool dump_config;
	bool model_env;         /* the environment names the model */
	const char *load;       /* number of the conversation to go on with, "" for the last one, or NULL */
	const char *theme;      /* of the screen, or NULL */
	bool clipboard;         /* /copy may write to the terminal's */
	/* imprint bench */
	const char *bench_data;
	const char *bench_peer; /* command of a llama-bench, or NULL */
	const char *bench_suite; /* name of one suite, or NULL: all */
	const char *bench_shape; /* of a published model, or NULL: of the model file, if one was given */
	bool model_given;       /* with -m */
	size_t bench_limit, bench_steps, bench_evaluations; /* 0: the default */
	bool bench_sequential, bench_forget_half, verbose;
	bool bench_together;    /* edits are verified alone, not among all that was learned */
	const char *export_gguf, *export_lora; /* imprint export; NULL: not given */
	bool force;
	bool second_opinion;
	bool purge;             /* imprint forget */
	const char *facts_export; /* imprint facts; NULL: not given */
	bool bench_no_cache;    /* edits recompute what cannot have changed */
	struct {                /* bench edit; NULL and 0: not given */
		const char *methods, *resume, *at, *text;
		size_t shard, shards, table;
		bool merge, update;
	} edit;
	/* imprint tokenize, logits, perplexity; 0 and NULL: not given */
	struct {
		bool special, ids_only, all_positions;
		const char *decode, *tokens;
		size_t top, ctx, stride;
	} look;
} settings;

enum { LEARN_AUTO, LEARN_ASK, LEARN_OFF };

enum { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_USAGE = 2, EXIT_MODEL = 3, EXIT_LEDGER = 4, EXIT_UNVERIFIED = 5,
       EXIT_NOTHING = 6, EXIT_AMBIGUOUS = 7, EXIT_SIGINT = 130, EXIT_SIGTERM = 143 };

/* ---- mailbox ---- */

enum { REQ_TURN,     /* text: a message to answer */
       REQ_COMMAND,  /* text: a slash command that needs the worker, without the slash */
       REQ_REDO,     /* the last message again, or text in its place */
       REQ_LIST      /* text: what a full-screen list shows; see turn_list */ };

enum {
	EV_READY,      /* model and ledger are open; text: model name */
	EV_LOADING,    /* code: percent of a model that is being read */
	EV_FATAL,      /* text: why; code: exit code. The worker has ended */
	EV_TURN_BEGIN,
	EV_TOKEN,      /* text: next piece of the reply: whole UTF-8 characters */
	EV_TURN_END,   /* code: 0 ended, 1 stopped by the user, 2 cut (text: at which limit), <0 error with text; turn */
	EV_NOTED,      /* id, text: "your dog's name is Biscuit", code: NOTED_*, span: bytes of the
	                * value in the user's last message, or in the text given to /remember; no text: something
	                * else says it, only the mark at the fact is meant */
	EV_ASK,        /* text: a question with one-key answers; keys: "rki"; answer goes back as REQ_COMMAND text "answer K";
			  the next message drops the question */
	EV_EDIT,       /* edit: state of the running edit */
	EV_EDIT_END,   /* edit (or id), code: DONE_*; text: one line of outcome (for DONE_FAILED: why) */
	EV_QUEUE,      /* text: queue as lines for the pane (may be empty); code: how many wait */
	EV_NOTICE,     /* text: a quiet line (dim) */
	EV_OUTPUT,     /* text: a command's output, may have many lines */
	EV_ERROR,      /* text: one line */
	EV_STATUS,     /* status */
	EV_DONE,       /* a request was served; all its events came before */
	EV_IDLE,       /* nothing left to do until the next request: no edit runs, none is queued or editing is paused */
	EV_LIST,       /* text: rows "id\tstate\twhat\tfigures", one a line; code: 0, or text says why there are none */
	EV_DETAIL,     /* id, text: all that is known of a fact; edit: the curve of its last search */
	EV_CLEARED,    /* another conversation begins; what has been said in it follows */
	EV_PAST,       /* text: one message of it; code: 0 the user's, 1 the reply */
	EV_QUITTING,   /* the worker is done */
};

/* What became of a noted fact; the numbers of DETECT_* in memory.h. Back: the message that had ended it was replaced. */
enum { NOTED_ADD, NOTED_SUPERSEDE, NOTED_RETRACT, NOTED_KNOWN, NOTED_UNSURE, NOTED_BACK };

/* How an edit ended; the numbers of EDIT_* in memory.h, which the screen does not see. */
enum { DONE_VERIFIED = 2, DONE_FAILED = 3, DONE_CANCELLED = 4, DONE_REVERTED = 5 };

enum { CURVE_MAX = 512 };

typedef struct edit_view {
	int64_t fact_id;
	char fact[160];       /* "your dog's name is Biscuit" */
	char phase[16];       /* keys, search, shrink, solve, verify, paused */
	int step, max_steps, evaluations;
	double loss, p, elapsed, eta; /* seconds; eta < 0: unknown */
	double npu_seconds;           /* projected on a phone, < 0: unknown */
	float curve[CURVE_MAX];       /* loss after each step */
	int n_curve;
	double locality;              /* share of probes unchanged, < 0: not measured */
} edit_view;

typedef struct status_view {
	char model[64];
	size_t ctx_used, ctx_size, dropped_turns;
	double tokens_per_second;
	int queue;            /* edits waiting or running */
	bool paused, incognito, in_context, editing, replying;
	int learn_mode;
} status_view;

/* How a reply came about. */
typedef struct turn_figures {
	int tokens;             /* of the reply */
	size_t prompt, read;    /* tokens of the prompt; those of them that the model had to be run over, the rest was cached */
	double first_seconds;   /* from the message to the reply's first token */
	double tokens_per_second; /* of the reply, from then on; 0: too short to say */
} turn_figures;

typedef struct event {
	struct event *next;
	int type, code;
	int64_t id;
	size_t span[2];
	int64_t replaces;     /* EV_NOTED: the fact that ends with it, or 0 */
	char keys[8];         /* EV_ASK: the keys that answer, lower case */
	char *text;           /* owned, may be NULL; not yet sanitised */
	edit_view *edit;      /* owned, for EV_EDIT and EV_EDIT_END */
	turn_figures turn;    /* EV_TURN_END */
	status_view status;
} event;

typedef struct worker worker; /* worker.c */
/* Starts the thread; it opens model and ledger and then reports EV_READY or EV_FATAL. */
int worker_start(worker **out, const settings *s, char *err, size_t errlen);
/* Stops the edit and the replies, notes what has been said, joins, frees. Takes NULL. */
void worker_stop(worker *w);
int worker_fd(const worker *w);                    /* readable when events wait */
int worker_send(worker *w, int type, const char *text); /* copies text; never blocks */
void worker_interrupt(worker *w);                  /* end the replies to all that was sent so far; async-signal-unsafe */
event *worker_take(worker *w);                     /* all waiting events as a list, or NULL; drains the pipe */
void event_free(event *e);                         /* one event */

/* ---- text.c: sanitiser, widths, wrapping ---- */

/* Copies text with everything a terminal could obey made visible or removed: C0 (but \n and \t -> spaces), DEL, C1, ESC
 * sequences, bidi and tag characters, zero-width spaces; invalid UTF-8 becomes U+FFFD. Returns malloc'd text or NULL. */
char *text_sanitise(const char *s, size_t len);
/* Next character: its bytes (>= 1 if len > 0), *c = code point, U+FFFD where the bytes are not UTF-8. */
size_t text_decode(const char *s, size_t len, uint32_t *c);
/* Bytes of the escape sequence at s, which begins with ESC; at least 1. */
size_t text_escape(const char *s, size_t len);
size_t text_encode(uint32_t c, char out[4]); /* as UTF-8; returns the bytes */
bool text_hidden(uint32_t c);                 /* a character text_sanitise removes: reorders, hides or tags text */
int text_char_width(uint32_t c);              /* columns: 0, 1 or 2; never negative */
size_t text_width(const char *s, size_t len); /* columns of sanitised text, without newlines */
/* Length in bytes of the longest prefix of s that is whole UTF-8 characters. */
size_t text_whole(const char *s, size_t len);
/* Next visual line of at most `columns`: returns bytes to draw, *next = offset where the following line starts. Breaks at
 * spaces where possible, at characters otherwise, always at '\n'. */
size_t text_wrap(const char *s, size_t len, size_t columns, size_t *next);
/* The visual line that begins at byte `at` of a text laid out in columns: *next and the return value as above, *indent = the
 * columns to leave free before it, so that what did not fit goes on under the column it belongs to. */
size_t text_wrap_under(const char *s, size_t len, size_t at, size_t columns, size_t *next, size_t *indent);

/* ---- command.c: the table of slash commands ---- */

enum { CMD_LOCAL = 1, /* handled on the main thread: quit, help, find ... */
       CMD_WORKER = 2,
       CMD_TURN = 3 /* like a message: waits for the reply before it, and is answered by one */ };
typedef struct command {
	const char *name, *alias; /* alias may be NULL */
	const char *args, *help;  /* "ID|words", one line */
	int where;
	const char *group; /* heading of the help from here on, or NULL */
} command;
extern const command command_table[];
extern const size_t command_count;
/* Exact name or alias; NULL if none, then *nearest is the closest name or NULL. */
const command *command_find(const char *word, size_t len, const char **nearest);
/* malloc'd text: all (keys: those of the screen too), or one command; laid out for so many columns. */
char *command_help(const char *word, bool keys, size_t columns);
/* Slash guard: what to do with a line of input. */
enum { LINE_MESSAGE, LINE_COMMAND, LINE_GUARDED /* looks like a mistyped command */, LINE_EMPTY };
int command_classify(const char *line, const char **text); /* *text: after "//" or the slash */
/* Which of the keys ("rki") of a question the line answers with: the letter, or yes (the first one) or no ("i"); 0: none. */
char command_answer(const char *keys, const char *line);
void command_guard(const char *line, char *out, size_t cap); /* what to say about a guarded line */

/* ---- programs ---- */

int chat_screen(const settings *s); /* loop.c: the ncurses chat; returns an exit code */
int chat_plain(const settings *s);  /* plain.c: line mode */
int cli_run(int argc, char **argv, settings *s); /* cli.c: parses, dispatches; returns an exit code */

/* ---- folders.c ---- */

/* Makes the folder and those above it, for the user alone. What fails shows when a file is opened. */
void folders_make(const char *path);

#endif
