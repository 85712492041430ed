# SPDX-License-Identifier: MIT
#
#   make            liblwnpu, lwctl and lwnpud, in build/
#   make demo       install what is missing, build, pack a model and run it
#   make demo-dev   the same through the device, in a Linux that is a process
#   make check      all tests; the first time fetches and builds kernels
#   make check-fast those that take under a minute
#   make check-host those that need no kernel of their own
#   make check-vm   the driver's, in User-Mode Linux and QEMU
#   make bench      times and sizes of lwnpu and of other runtimes, and this:
#   make bench-device   what a job costs through a device node, in User-Mode Linux
#   make modules    lwnpu.ko, in build/module; KDIR: a kernel's build folder
#   make fuzz       fuzz targets of libFuzzer, in build/fuzz
#   make install    PREFIX, DESTDIR; make install-dkms: the module's source
#   make SAN=1 …    with the address and undefined-behaviour sanitizers
#   make TSAN=1 …   with the thread sanitizer, which OpenCL does not stand

VERSION := 0.1.0
SOVERSION := 0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
SAN ?=
TSAN ?=
BUILD ?= build$(if $(SAN),/san)$(if $(TSAN),/tsan)

PKGS := libprotobuf-c libzstd zlib libxxhash jansson libpng libjpeg libdrm
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) OpenCL 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(PKGS) OpenCL 2>/dev/null)
BLAS_LIBS ?= -lopenblas

# Requantisation is single multiplications and additions: never contracted.
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Werror=implicit-function-declaration
ALL_CFLAGS = -std=gnu11 -fPIC -fvisibility=hidden -ffp-contract=off -MMD -MP \
	$(WARNINGS) $(CFLAGS) \
	$(SANITIZERS) $(if $(SAN),-fno-omit-frame-pointer -fno-sanitize-recover=undefined) \
	-DLWNPU_VERSION='"$(VERSION)"' -Iuapi -Idriver -Iuserspace/lib \
	-Iuserspace/pack -I$(BUILD)/gen $(PKG_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(SANITIZERS)
LIBS = $(PKG_LIBS) $(BLAS_LIBS) -lpthread -lm
, := ,
SANITIZERS = $(if $(SAN),-fsanitize=address$(,)undefined) $(if $(TSAN),-fsanitize=thread) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)

# V=1 shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(patsubst $(BUILD)/%,%,$@))

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
PROTOS := userspace/lib/lwm.proto userspace/pack/onnx.proto
PROTO_C := $(patsubst %.proto,$(BUILD)/gen/%.pb-c.c,$(notdir $(PROTOS)))
KERNELS := $(wildcard opencl/*.cl)
SHELLS := $(wildcard userspace/lwctl/*.sh)

# What the module and userspace share; the rest of driver/ is kernel code.
SHARED := $(addprefix driver/lwnpu_,check.c check_index.c check_ops.c \
	check_window.c disasm.c table.c)

ENGINE_OBJS = $(SHARED:%.c=$(BUILD)/%.o) $(call objects,userspace/ref) \
	$(call objects,opencl) $(BUILD)/gen/kernels.o
LIB_OBJS = $(ENGINE_OBJS) $(call objects,userspace/lib) $(BUILD)/gen/lwm.pb-c.o
PACK_OBJS = $(call objects,userspace/pack) $(BUILD)/gen/onnx.pb-c.o
LWCTL_OBJS = $(call objects,userspace/lwctl) $(BUILD)/gen/shells.o
LWNPUD_OBJS = $(call objects,userspace/lwnpud)
MAIN_OBJS = $(BUILD)/userspace/lwctl/main.o $(BUILD)/userspace/lwnpud/main.o
# Everything but main(), for the programs and for tests that look inside.
STATIC = $(BUILD)/liblw.a

UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
TOOLS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/property/*.c tests/fuzz/*.c tests/tools/*.c))
TEST_COMMON = $(call objects,tests/common)

# Fuzz targets, each with the files that "make check" replays.
FUZZ_TARGETS := $(patsubst tests/fuzz/targets/%.c,%,$(wildcard tests/fuzz/targets/*.c))
REPLAYS = $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz/replay-%)
FUZZERS = $(FUZZ_TARGETS:%=$(BUILD)/fuzz-%)
FUZZ_COMMON = $(BUILD)/tests/fuzz/replay/target.o $(TEST_COMMON) $(STATIC)

EXAMPLES = $(patsubst %.c,$(BUILD)/%,$(wildcard examples/*.c))

all: $(BUILD)/lwctl $(BUILD)/lwnpud $(BUILD)/liblwnpu.so $(EXAMPLES)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(call say,CC)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

# Sources include the generated headers, so these come first.
$(LIB_OBJS) $(PACK_OBJS) $(LWCTL_OBJS) $(LWNPUD_OBJS) $(UNIT_TESTS:=.o) $(TOOLS:=.o) $(TEST_COMMON): | $(PROTO_C)

define proto_rule
$(BUILD)/gen/$(basename $(notdir $(1))).pb-c.c: $(1)
	@mkdir -p $$(@D)
	$$(call say,GEN)
	$$(Q)protoc-c --c_out=$$(@D) -I$(dir $(1)) $(1)
endef
$(foreach p,$(PROTOS),$(eval $(call proto_rule,$(p))))

$(BUILD)/gen/shells.c: opencl/embed.sh $(SHELLS)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sh opencl/embed.sh lw_shell_ $(SHELLS) > $@.tmp && mv $@.tmp $@

$(BUILD)/gen/kernels.c: opencl/embed.sh $(KERNELS) uapi/lwnpu_ops.def
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)sh opencl/embed.sh lw_kernel_ $(KERNELS) > $@.tmp && mv $@.tmp $@

$(STATIC): $(LIB_OBJS) $(PACK_OBJS) \
		$(filter-out $(MAIN_OBJS),$(LWCTL_OBJS) $(LWNPUD_OBJS))
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/lwctl $(BUILD)/lwnpud: $(BUILD)/%: $(BUILD)/userspace/%/main.o $(STATIC)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/liblwnpu.so: $(LIB_OBJS) userspace/lib/lwnpu.map
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,liblwnpu.so.$(SOVERSION) \
		-Wl,--version-script=userspace/lib/lwnpu.map -o $@ $(LIB_OBJS) $(LIBS)
	$(Q)ln -sf liblwnpu.so $(BUILD)/liblwnpu.so.$(SOVERSION)

$(EXAMPLES): $(BUILD)/examples/%: examples/%.c userspace/lib/lwnpu.h $(BUILD)/liblwnpu.so
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) $(SANITIZERS) -Iuserspace/lib $< \
		-o $@ -L$(BUILD) -llwnpu -Wl,-rpath,'$$ORIGIN/..'

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_COMMON) $(STATIC)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# With an allocator that fails.
$(filter %_memory,$(UNIT_TESTS)): $(BUILD)/tests/memory/short.o

$(BUILD)/tests/bench/device_bench: $(call objects,tests/bench/device) $(STATIC)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# What tests preload into programs; sanitizers have that place.
PRELOADS = $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/preload/*.c))
$(BUILD)/tests/preload/%.so: $(BUILD)/tests/preload/%.o
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -o $@ $<

$(REPLAYS): $(BUILD)/tests/fuzz/replay-%: $(BUILD)/tests/fuzz/targets/%.o \
		$(BUILD)/tests/fuzz/replay/main.o $(FUZZ_COMMON)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(FUZZERS): $(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/targets/%.o $(FUZZ_COMMON)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lcmocka $(LIBS)

tests: $(UNIT_TESTS) $(TOOLS) $(REPLAYS) $(if $(SAN)$(TSAN),,$(PRELOADS))

# build/fuzz/fuzz-TARGET [FOLDER…], of libFuzzer.
fuzz:
	@tests/deps fuzz
	@$(MAKE) $(JOBS) CC=clang SAN=1 FUZZ=1 BUILD=build/fuzz fuzzers

fuzzers: $(FUZZERS)

JOBS := -j$(shell nproc)
FAST_SUITES = $(UNIT_TESTS:%=unit:%) \
	"engines=$(BUILD)/tests/property/engines --count 300" \
	"engines, threads=$(BUILD)/tests/property/engines --count 200 --engines ref,opencl:0" \
	"graphs=$(BUILD)/tests/property/graphs --count 150"
# What runs threads and no OpenCL.
TSAN_TESTS := $(addprefix build/tsan/tests/unit/test_,decode drm drm_task job \
	job_buffers pool threads)
# Mutations run under the sanitizers, against a small file of each kind.
SAN_BUILD := build/san
MUTATE := $(SAN_BUILD)/tests/fuzz/mutate
SAN_SUITES = $(UNIT_TESTS:$(BUILD)/%=unit:$(SAN_BUILD)/%) \
	"mutate lwm=$(MUTATE) lwm tests/data/lwm/good-conv.lwm --count 10000" \
	"mutate lwm coded=$(MUTATE) lwm tests/data/lwm/good-names.lwm --count 10000" \
	"mutate lwm rans=$(MUTATE) lwm tests/data/lwm/good-rans-slices.lwm --count 5000" \
	"mutate lwm deflate=$(MUTATE) lwm tests/data/lwm/good-deflate-slices.lwm --count 5000" \
	"mutate lwm context=$(MUTATE) lwm tests/data/lwm/good-context.lwm --count 2000" \
	"mutate lwm slices=$(MUTATE) lwm tests/data/lwm/good-context-slices.lwm --count 2000" \
	"mutate tflite=$(MUTATE) tflite tests/data/small.tflite --count 10000" \
	$(foreach f,$(wildcard tests/data/graph-*.tflite),"mutate $(basename $(notdir $f))=$(MUTATE) tflite $f --count 2000") \
	"mutate onnx=$(MUTATE) onnx tests/data/small.onnx --count 10000" \
	"mutate qdq=$(MUTATE) onnx tests/data/small_qdq.onnx --count 10000" \
	$(foreach t,$(FUZZ_TARGETS),"fuzz $(t)=$(SAN_BUILD)/tests/fuzz/replay-$(t) tests/fuzz/corpus/$(t) 2>&1")

demo:
	@tests/deps build
	@$(MAKE) --no-print-directory $(JOBS) all
	@recipes/demo/run $(BUILD)/lwctl

demo-dev:
	@tests/deps lab
	@$(MAKE) --no-print-directory $(JOBS) all
	@recipes/demo/run-device $(BUILD)

check-fast:
	@tests/deps test
	@$(MAKE) --no-print-directory $(JOBS) all tests
	@tests/run.py $(JOBS) $(FAST_SUITES)

# The driver's tests, each in kernels of its own.
include $(wildcard tests/kselftest/Makefile)
VM_PROGRAMS = kselftest $(addprefix $(BUILD)/tests/tools/,daemon_cut daemon_kills device_async)
UML_SUITE = "tap:tests/vm/check $(BUILD) uml-debug"
VM_SUITES = "tap:tests/vm/check $(BUILD) qemu-6.12 qemu-7.3" \
	"module of Debian 12=tests/vm/module bookworm 6.12" \
	"checkpatch=tests/vm/checkpatch" "boots again=tests/vm/boots-again"

PYTEST_SUITE = "pytest:$$venv/bin/python:tests/conform"
HOST_SUITES = $(FAST_SUITES) $(SAN_SUITES) $(TSAN_TESTS:%=unit:%) \
	"engines=$(BUILD)/tests/property/engines --count 2000" \
	"engines, threads=$(BUILD)/tests/property/engines --count 2000 --engines ref,opencl:0" \
	"graphs=$(BUILD)/tests/property/graphs --count 2000" \
	"demo=recipes/demo/run $(BUILD)/lwctl"

venv:
	@tests/deps venv >/dev/null

san-tests:
	@$(MAKE) SAN=1 tests

tsan-tests:
	@$(MAKE) TSAN=1 $(TSAN_TESTS)

host-programs: venv all tests san-tests tsan-tests

# As many suites run at a time as there are processors, the longest first.
check:
	@tests/deps lab
	@$(MAKE) $(JOBS) $(VM_PROGRAMS) host-programs
	@venv=$$(tests/deps venv) && tests/run.py $(JOBS) $(UML_SUITE) \
		$(PYTEST_SUITE) $(VM_SUITES) $(HOST_SUITES)

check-host:
	@tests/deps test
	@$(MAKE) $(JOBS) host-programs
	@venv=$$(tests/deps venv) && \
		tests/run.py $(JOBS) $(PYTEST_SUITE) $(HOST_SUITES)

# BENCH: options of tests/bench/bench.py, such as "--models kws --threads 1".
bench:
	@tests/deps test
	@$(MAKE) $(JOBS) all
	@venv=$$(tests/deps venv bench) && \
		$$venv/bin/python tests/bench/bench.py $(BUILD) $(BENCH)
	@$(MAKE) --no-print-directory bench-device

bench-device:
	@tests/deps lab
	@$(MAKE) $(JOBS) all $(BUILD)/tests/bench/device_bench
	@venv=$$(tests/deps venv bench) && \
		$$venv/bin/python tests/bench/device.py $(BUILD)

check-vm:
	@tests/deps lab
	@$(MAKE) $(JOBS) all $(VM_PROGRAMS)
	@tests/run.py $(JOBS) $(UML_SUITE) $(VM_SUITES)

# In a copy: objects of the module and of userspace would have the same names.
KDIR ?= /lib/modules/$(shell uname -r)/build
modules:
	@mkdir -p $(BUILD)/module
	@cp -Ru Kbuild driver uapi $(BUILD)/module
	$(Q)$(MAKE) -C $(KDIR) M=$(abspath $(BUILD)/module) modules

# Programs link with liblwnpu.so, run with the name of its ABI version. It and
# the daemon must not drag in what only lwctl needs.
$(BUILD)/liblwnpu.so $(BUILD)/lwnpud: LDFLAGS += -Wl,--as-needed
SHELL_COMPLETIONS = $(BUILD)/completion.bash $(BUILD)/completion.zsh
$(SHELL_COMPLETIONS): $(BUILD)/completion.%: $(BUILD)/lwctl
	$(call say,GEN)
	$(Q)$< completion $* > $@.tmp && mv $@.tmp $@

INSTALLED_LIB = liblwnpu.so.$(VERSION)

# What only root uses; udev and systemd read the same folders in /usr/local.
UNITDIR ?= $(PREFIX)/lib/systemd/system
RULESDIR ?= $(PREFIX)/lib/udev/rules.d
DKMSDIR ?= /usr/src/lwnpu-$(VERSION)
fill_in = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	-e 's|@VERSION@|$(VERSION)|'

# A page may be about several calls, each with a link to it.
MAN3 = $(wildcard docs/man/*.3)

install: all $(SHELL_COMPLETIONS)
	install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(PREFIX)/sbin \
		$(PREFIX)/share/bash-completion/completions \
		$(PREFIX)/share/zsh/site-functions \
		$(PREFIX)/include $(LIBDIR)/pkgconfig \
		$(addprefix $(PREFIX)/share/man/man,1 3 7 8) $(UNITDIR) $(RULESDIR))
	install -m 755 $(BUILD)/lwctl $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/lwnpud $(DESTDIR)$(PREFIX)/sbin
	install -m 755 $(BUILD)/liblwnpu.so $(DESTDIR)$(LIBDIR)/$(INSTALLED_LIB)
	ln -sf $(INSTALLED_LIB) $(DESTDIR)$(LIBDIR)/liblwnpu.so.$(SOVERSION)
	ln -sf liblwnpu.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/liblwnpu.so
	install -m 644 userspace/lib/lwnpu.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/completion.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lwctl
	install -m 644 $(BUILD)/completion.zsh \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lwctl
	install -m 644 docs/man/lwctl.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(MAN3) $(DESTDIR)$(PREFIX)/share/man/man3
	for page in $(MAN3:docs/man/%.3=%); do \
		for name in $$(sed -n '/^\.SH NAME/{n;s/\\-.*//;s/,//g;p}' docs/man/$$page.3); do \
			[ $$name = $$page ] || echo ".so man3/$$page.3" \
				> $(DESTDIR)$(PREFIX)/share/man/man3/$$name.3; \
		done; \
	done
	install -m 644 docs/man/lwnpu-drm.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 docs/man/lwnpud.8 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 644 userspace/lwnpud/60-lwnpu.rules $(DESTDIR)$(RULESDIR)
	$(fill_in) userspace/lwnpud/lwnpud.service.in \
		> $(DESTDIR)$(UNITDIR)/lwnpud.service
	$(fill_in) userspace/lib/lwnpu.pc.in \
		> $(DESTDIR)$(LIBDIR)/pkgconfig/lwnpu.pc

# The module's source, for "dkms install lwnpu/VERSION".
install-dkms:
	install -d $(addprefix $(DESTDIR)$(DKMSDIR)/,driver uapi)
	install -m 644 Kbuild $(DESTDIR)$(DKMSDIR)
	install -m 644 driver/*.[ch] driver/Kconfig $(DESTDIR)$(DKMSDIR)/driver
	install -m 755 driver/probe $(DESTDIR)$(DKMSDIR)/driver
	install -m 644 uapi/*.h uapi/*.def $(DESTDIR)$(DKMSDIR)/uapi
	$(fill_in) dkms.conf.in > $(DESTDIR)$(DKMSDIR)/dkms.conf

clean:
	rm -rf build

.PHONY: all tests fuzz fuzzers demo demo-dev bench bench-device check check-fast \
	check-host host-programs san-tests tsan-tests venv check-vm modules install install-dkms clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
