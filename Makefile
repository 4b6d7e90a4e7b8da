# Tenon: build, run and check. `make help` lists what there is.
B := build
CC ?= gcc
SRCS_C := $(shell find xen -name '*.c' | sort)
SRCS_S := $(shell find xen -name '*.S' | sort)
OBJS := $(SRCS_C:%.c=$(B)/%.o) $(SRCS_S:%.S=$(B)/%.o)

CPPFLAGS_XEN := -D__XEN__ -DCONFIG_DEBUG=1 -Ixen/include -Ixen/arch/x86/include -MMD -MP
CFLAGS_XEN := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) -fno-strict-aliasing -fno-stack-protector -fno-common \
  -fPIE -fvisibility=hidden -include xen/include/xen/visibility.h -mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables \
  -fno-omit-frame-pointer -fcf-protection=none -Wall -Wextra -Wno-unused-parameter -Wstrict-prototypes -Wmissing-prototypes -Wundef -Werror

.PHONY: all
all: $(B)/xen

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_XEN) $(CFLAGS_XEN) -c -o $@ $<
$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_XEN) -D__ASSEMBLY__ -c -o $@ $<
$(B)/xen: $(OBJS) xen/arch/x86/boot/xen.lds
	$(LD) -nostdlib -z max-page-size=4096 -z noexecstack -T xen/arch/x86/boot/xen.lds -o $@ $(OBJS)
clean:
	rm -rf $(B)
-include $(OBJS:.o=.d)
