# SPDX-License-Identifier: MIT
#
#   make            liblwnpu and lwctl, in build/
#   make demo       install what is missing, build, pack a model and run it
#   make check      all tests; make check-fast: no root, under a minute
#   make install    PREFIX, DESTDIR
#   make SAN=1 …    with the address and undefined-behaviour sanitizers

VERSION := 0.1.0
SOVERSION := 0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
SAN ?=
BUILD ?= build$(if $(SAN),/san)

PKGS := libprotobuf-c libzstd libxxhash jansson libpng libjpeg
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) OpenCL 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(PKGS) OpenCL 2>/dev/null)
BLAS_LIBS ?= -lopenblas

# Requantisation is single multiplications and additions: never contracted.
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla -Wpointer-arith -Wwrite-strings -Werror=implicit-function-declaration
ALL_CFLAGS = -std=gnu11 -fPIC -fvisibility=hidden -ffp-contract=off -MMD -MP \
	$(WARNINGS) $(CFLAGS) \
	$(if $(SAN),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined) \
	-DLWNPU_VERSION='"$(VERSION)"' -Iuapi -Idriver -Iuserspace/lib \
	-Iuserspace/pack -I$(BUILD)/gen $(PKG_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=address$(,)undefined)
LIBS = $(PKG_LIBS) $(BLAS_LIBS) -lpthread -lm
, := ,

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
PROTOS := userspace/lib/lwm.proto userspace/pack/onnx.proto
PROTO_C := $(patsubst %.proto,$(BUILD)/gen/%.pb-c.c,$(notdir $(PROTOS)))
KERNELS := $(wildcard opencl/*.cl)

ENGINE_OBJS = $(call objects,driver) $(call objects,userspace/ref) \
	$(call objects,opencl) $(BUILD)/gen/kernels.o
LIB_OBJS = $(ENGINE_OBJS) $(call objects,userspace/lib) $(BUILD)/gen/lwm.pb-c.o
PACK_OBJS = $(call objects,userspace/pack) $(BUILD)/gen/onnx.pb-c.o
LWCTL_OBJS = $(call objects,userspace/lwctl)
MAIN_OBJ = $(BUILD)/userspace/lwctl/main.o
# Everything but main(), for lwctl and for tests that look inside.
STATIC = $(BUILD)/liblw.a

UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
TOOLS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/property/*.c tests/fuzz/*.c tests/tools/*.c))
TEST_COMMON = $(call objects,tests/common)

all: $(BUILD)/lwctl $(BUILD)/liblwnpu.so

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# Sources include the generated headers, so these come first.
$(LIB_OBJS) $(PACK_OBJS) $(LWCTL_OBJS) $(UNIT_TESTS) $(TOOLS) $(TEST_COMMON): | $(PROTO_C)

define proto_rule
$(BUILD)/gen/$(basename $(notdir $(1))).pb-c.c: $(1)
	@mkdir -p $$(@D)
	protoc-c --c_out=$$(@D) -I$(dir $(1)) $(1)
endef
$(foreach p,$(PROTOS),$(eval $(call proto_rule,$(p))))

$(BUILD)/gen/kernels.c: opencl/embed.sh $(KERNELS) uapi/lwnpu_ops.def
	@mkdir -p $(@D)
	sh opencl/embed.sh $(KERNELS) > $@.tmp && mv $@.tmp $@

$(STATIC): $(LIB_OBJS) $(PACK_OBJS) $(filter-out $(MAIN_OBJ),$(LWCTL_OBJS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lwctl: $(MAIN_OBJ) $(STATIC)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/liblwnpu.so: $(LIB_OBJS) userspace/lib/lwnpu.map
	$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,liblwnpu.so.$(SOVERSION) \
		-Wl,--version-script=userspace/lib/lwnpu.map -o $@ $(LIB_OBJS) $(LIBS)
	ln -sf liblwnpu.so $(BUILD)/liblwnpu.so.$(SOVERSION)

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(TEST_COMMON) $(STATIC)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

tests: $(UNIT_TESTS) $(TOOLS)

clean:
	rm -rf build

.PHONY: all tests clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
