# imprint: make run (build and chat), make test (build and run every test), make help.
# Objects go to build/$(VARIANT)/; the program is ./imprint. DEV=1 turns warnings into errors.

.DEFAULT_GOAL := all
VERSION  := 0.1.0
VARIANT  ?= release
B        ?= build/$(VARIANT)
PREFIX   ?= /usr/local
CC       ?= cc
AR       ?= ar
ARCH     := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)
# Packages may have to be installed before anything here is known of the compiler, so what needs them is made by a
# second make, on all processors unless the caller chose.
JOBS      = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
AGAIN     = +@$(MAKE) --no-print-directory $(JOBS)
# Such a goal beside others: one at a time, or both makes would write the same archives at once.
ifneq ($(filter all recipe test bench% screens check-% fuzz,$(MAKECMDGOALS)),)
ifneq ($(words $(MAKECMDGOALS)),1)
.NOTPARALLEL:
endif
endif
# V=1 shows the commands.
Q        := $(if $(V),,@)
say       = $(if $(V),,@echo "  $(1)	$(2)")

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -fno-common
ifdef DEV
WARN     += -Werror
endif
OPT      := -O2
ifeq ($(VARIANT),san)
OPT      := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif
# For libFuzzer, with clang, which does not know all of GCC's pragmas.
ifeq ($(VARIANT),fuzz)
OPT      := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
WARN     := -w
endif
ifeq ($(VARIANT),thread)
OPT      := -O1 -g -fsanitize=thread
endif
# Floating point stays as written: results may not depend on how the compiler contracts a*b+c.
ALL_CFLAGS = -std=c11 -g $(OPT) $(WARN) -ffp-contract=off -D_GNU_SOURCE -DIMPRINT_VERSION='"$(VERSION)"' \
             -DIMPRINT_PREFIX='"$(PREFIX)"' -I. -MMD -MP -pthread $(CFLAGS)

# The pkg-config files of ncursesw and readline set feature macros of their own: ours hold.
pc        = $(filter-out -D_XOPEN_SOURCE% -D_DEFAULT_SOURCE,$(shell pkg-config $(1) 2>/dev/null))
LIBS     := -lncursesw -ltinfo -lreadline -lsqlite3 -lpcre2-8 -lopenblas -lcjson -lm -pthread

# ---- what is built from what ----
ENGINE   := $(wildcard engine/*.c engine/methods/*.c)
MEMORY   := $(wildcard memory/*.c)
TUI      := $(filter-out tui/main.c,$(wildcard tui/*.c))
RECIPE_MAINS := $(filter assets/recipe/bpe.c assets/recipe/corpus.c assets/recipe/train.c assets/recipe/grow.c assets/recipe/blend.c assets/recipe/recipe_export.c assets/recipe/recipe_import.c assets/recipe/recipe_moment.c,$(wildcard assets/recipe/*.c))
RECIPE   := $(filter-out $(RECIPE_MAINS),$(wildcard assets/recipe/*.c))
TESTS    := $(wildcard tests/test_*.c)
FUZZ     := $(filter-out tests/fuzz_main.c,$(wildcard tests/fuzz_*.c))
FUZZ_DRIVERS := $(FUZZ:tests/%.c=$(B)/tests/%)
TEST_SUPPORT := $(filter-out $(TESTS) tests/fuzz_%.c tests/bench_%.c tests/detect_eval.c tests/fake_worker.c,$(wildcard tests/*.c))
TEST_PROGRAMS := $(TESTS:tests/%.c=$(B)/tests/%)
obj       = $(patsubst %.c,$(B)/%.o,$(1))

.PHONY: all run test deps arm bare bench bench-keys bench-solve screens layers check-san check-thread fuzz fuzzers model recipe install uninstall clean help tests

all: deps
	$(AGAIN) imprint

# ---- packages ----
PACKAGES := gcc make pkg-config libncurses-dev libreadline-dev libsqlite3-dev libpcre2-dev libopenblas-dev libcjson-dev
deps:
	@sh tests/deps.sh $(PACKAGES)

# ---- kernels get the instructions they are named for; everything else is baseline ----
# Flags that the compiler knows, or nothing: the file then leaves the table as it is.
known     = $(shell $(CC) $(1) -E -x c /dev/null >/dev/null 2>&1 && echo $(1))
ifneq (,$(filter x86_64,$(ARCH)))
$(B)/engine/kernels_avx2.o: ISA := -mavx2 -mfma -mf16c
$(B)/engine/kernels_avxvnni.o: ISA = $(call known,-mavx2 -mfma -mavxvnni)
AVX512 := -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mavx2 -mfma -mf16c
$(B)/engine/kernels_avx512.o $(B)/tests/test_amx.o: ISA := $(AVX512)
ifeq (y,$(shell $(CC) -mamx-tile -mamx-int8 -dM -E -x c /dev/null 2>/dev/null | grep -q __AMX_INT8__ && echo y))
$(B)/engine/kernels_amx.o: ISA := $(AVX512) -mamx-tile -mamx-int8
$(B)/engine/kernels_scalar.o: ISA := -DHAVE_AMX
endif
endif
ifneq (,$(filter aarch64,$(ARCH)))
$(B)/engine/kernels_dotprod.o: ISA = $(call known,-march=armv8.2-a+dotprod)
$(B)/engine/kernels_i8mm.o: ISA = $(call known,-march=armv8.2-a+dotprod+i8mm)
endif
$(call obj,$(filter engine/kernels% engine/forward.c engine/search.c engine/fit.c engine/solve.c engine/solve_layer.c engine/backward_layer.c,$(ENGINE))): OPT := $(if $(filter release,$(VARIANT)),-O3,$(OPT))
$(call obj,$(wildcard assets/recipe/*.c)): OPT := $(if $(filter release,$(VARIANT)),-O3,$(OPT))

# GCC and clang need many minutes for this one file under the address sanitizer; tests/test_kernels.c has guard bytes of its own.
ifneq (,$(filter san fuzz,$(VARIANT)))
$(B)/engine/kernels_scalar.o: OPT := -O1 -g
endif

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ISA) -c -o $@ $<

$(B)/libengine.a: $(call obj,$(ENGINE))
$(B)/libmemory.a: $(call obj,$(MEMORY))
$(B)/libtui.a: $(call obj,$(TUI))
$(B)/librecipe.a: $(call obj,$(RECIPE))
$(B)/libtest.a: $(call obj,$(TEST_SUPPORT))
$(B)/lib%.a:
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

ARCHIVES := $(B)/libtui.a $(B)/libengine.a $(B)/libmemory.a

$(B)/imprint: $(B)/tui/main.o $(ARCHIVES)
	$(call say,LINK,imprint)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

imprint: $(B)/imprint
	@cp -f $< $@.new && mv -f $@.new $@

$(B)/tests/%: $(B)/tests/%.o $(B)/libtest.a $(ARCHIVES) $(B)/librecipe.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) $(LIBS)

# Programs that open model files from memory, so that a sanitizer sees every byte read past the end.
$(addprefix $(B)/,tests/test_gguf_lies tests/fuzz_gguf tests/fuzz_beside fuzzers/fuzz_gguf fuzzers/fuzz_beside): LDFLAGS += -Wl,--wrap=gguf_open
$(FUZZ_DRIVERS): $(B)/tests/fuzz_main.o

# ---- tools for measuring ----
$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libtest.a $(B)/libengine.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) -lpcre2-8 -lopenblas -lm -pthread

# ---- the recipe of the built-in model ----
RECIPE_TOOLS := $(RECIPE_MAINS:assets/recipe/%.c=$(B)/recipe/%)
recipe: deps
	$(AGAIN) $(RECIPE_TOOLS)
$(B)/recipe/%: $(B)/assets/recipe/%.o $(B)/libengine.a $(B)/librecipe.a $(B)/libmemory.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) -lsqlite3 -lpcre2-8 -lopenblas -lm -pthread

# The model itself: hours on two cores, resumable. CORPUS is the folder of licensed texts that assets/README.md names.
CORPUS ?= ../shared/corpus
MODEL_WORK ?= build/model
MODEL_TOKENS ?= 130000000
model: recipe
	sh assets/recipe/model.sh $(B)/recipe $(CORPUS) $(MODEL_WORK) $(MODEL_TOKENS)

# ---- the kernels and the forward pass alone, for another processor: tests/arm.t.sh runs them under qemu ----
BARE     := $(addprefix $(B)/bare/,test_kernels test_quant test_gguf test_forward bench_kernels)
bare: $(BARE)
$(B)/libbare.a: $(call obj,$(shell grep -L '<pcre2.h>\|<cblas.h>' $(ENGINE))) # what needs no library
$(BARE): $(B)/bare/%: $(B)/tests/%.o $(call obj,tests/fault.c tests/gguf_build.c) $(B)/libbare.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $^ -lm -pthread

# Where it cannot be made the test is skipped and says so.
ARM_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
arm: deps # after it: apt-get serves one at a time, and make -j would start both
ifneq (,$(filter x86_64,$(ARCH)))
	@[ -e $(B)/arm.tried ] || { mkdir -p $(B) && : >$(B)/arm.tried; sh tests/deps.sh --try $(ARM_PACKAGES) || \
		echo "the ARM kernels will not be tested"; }
	@! echo '#include <stdlib.h>' | aarch64-linux-gnu-gcc -E - >/dev/null 2>&1 || \
		$(MAKE) --no-print-directory $(JOBS) CC=aarch64-linux-gnu-gcc CFLAGS= VARIANT=release B=build/arm64 bare
endif

# ---- running ----
run: all
	@./imprint $(ARGS)

BENCHES  := $(B)/tests/bench_forward $(B)/tests/bench_kernels $(B)/tests/bench_keys $(B)/tests/bench_screens $(B)/tests/bench_solve \
            $(B)/bench/mkgguf
tests: $(B)/imprint $(RECIPE_TOOLS) $(TEST_PROGRAMS) $(FUZZ_DRIVERS) $(BENCHES)
test: deps arm
	@sh tests/deps.sh --try tmux || echo "the chat will not be tested in tmux"
	$(AGAIN) tests
	@sh tests/run.sh $(B)

# The quantised product's speed with every table this processor can run; a minute or two, best on an idle machine.
bench: deps
	$(AGAIN) $(B)/tests/bench_kernels $(B)/tests/bench_solve
	@$(B)/tests/bench_kernels

# The joint solve of 100 to 1000 facts, by the system of the keys' size and by that of the inputs'; 1.2 GB, minutes.
bench-solve: deps
	$(AGAIN) $(B)/tests/bench_solve
	@$(B)/tests/bench_solve

# How long a key takes to the screen while the program learns and replies; repaints; processor time when idle.
bench-keys: all
	$(AGAIN) $(B)/tests/bench_keys
	@$(B)/tests/bench_keys ./imprint

# The screens in the README, from the program as it is.
screens: all
	$(AGAIN) $(B)/tests/bench_screens
	@sh tests/screens.sh $(B)

layers:
	@sh tests/layers.sh $(CC)

check-san: deps
	$(AGAIN) VARIANT=san B=build/san tests
	LSAN_OPTIONS=suppressions=tests/leaks.txt:print_suppressions=0 sh tests/run.sh build/san
check-thread: deps
	$(AGAIN) VARIANT=thread B=build/thread tests
	sh tests/run.sh build/thread

# ---- fuzzing: what was found is put in tests/fuzz/ and is a test from then on ----
FUZZ_SECONDS ?= 600
fuzz: deps
	@sh tests/deps.sh clang libclang-rt-14-dev
	$(AGAIN) $(FUZZ_DRIVERS)
	$(AGAIN) CC=clang VARIANT=fuzz B=build/fuzz fuzzers
	@sh tests/fuzz.sh build/fuzz $(B) $(FUZZ_SECONDS)
fuzzers: $(FUZZ:tests/%.c=$(B)/fuzzers/%)
$(B)/fuzzers/%: $(B)/tests/%.o $(B)/libtest.a $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDFLAGS) $(LIBS)

# ---- installing ----
COMPLETIONS := bash-completion/completions/imprint zsh/site-functions/_imprint fish/vendor_completions.d/imprint.fish
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/imprint
	install -m 755 imprint $(DESTDIR)$(PREFIX)/bin/imprint
	install -m 644 $(wildcard assets/*.gguf assets/*.txt) $(DESTDIR)$(PREFIX)/share/imprint/
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 assets/imprint.1 $(DESTDIR)$(PREFIX)/share/man/man1/imprint.1
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,$(dir $(COMPLETIONS)))
	install -m 644 assets/completions/imprint.bash $(DESTDIR)$(PREFIX)/share/$(word 1,$(COMPLETIONS))
	install -m 644 assets/completions/_imprint $(DESTDIR)$(PREFIX)/share/$(word 2,$(COMPLETIONS))
	install -m 644 assets/completions/imprint.fish $(DESTDIR)$(PREFIX)/share/$(word 3,$(COMPLETIONS))
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/imprint
	rm -rf $(DESTDIR)$(PREFIX)/share/imprint
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/imprint.1
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/,$(COMPLETIONS))

clean:
	rm -rf build imprint

help:
	@echo "make            build ./imprint (installs missing Debian packages after saying so)"
	@echo "make run        build and start the chat; ARGS='...' for options"
	@echo "make test       build and run every test"
	@echo "make bench      the speed of the kernels, as a table"
	@echo "make bench-keys how long a key takes to the screen while the program learns and replies"
	@echo "make bench-solve the joint solve of 100, 300 and 1000 facts: seconds and memory of its two ways"
	@echo "make screens    the README's screens anew, from the program"
	@echo "make layers     check who may include what"
	@echo "make check-san  the tests under AddressSanitizer and UBSan"
	@echo "make check-thread  the tests under ThreadSanitizer"
	@echo "make fuzz       libFuzzer on all that reads untrusted bytes, FUZZ_SECONDS=600 (installs clang)"
	@echo "make model      make the built-in model anew (hours): CORPUS=folder MODEL_WORK=folder MODEL_TOKENS=n"
	@echo "make recipe     the tools that make the built-in model"
	@echo "make install uninstall clean    PREFIX, DESTDIR are honoured"
	@echo "V=1 shows the commands, DEV=1 turns warnings into errors"

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.SECONDARY:
