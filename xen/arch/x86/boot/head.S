/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first instructions: from the loader's 32-bit protected mode to C in long mode.
 *   1. what loaders look for: the multiboot2 header, the note for PVH
 *   2. 32 bit: is this a loader and a CPU that we can use?
 *   3. 32 bit: boot page tables for the first 4 GiB, shown at 0, at the direct map and (the first GiB) at the image
 *   4. 64 bit: jump to the image's own addresses, to C
 *   5. 32 bit: say what is wrong on COM1 and the text screen, and stop
 * Until step 4 all addresses are machine addresses: PA(). Each protocol has an entry of its own and joins the others at boot_common.
 */
#include <asm/layout.h>
#include <asm/multiboot2.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/elfnote.h>

#define PA(sym) ((sym) - IMAGE_START)

#define CR0_PE_MP_ET_NE_WP_PG 0x80010033
#define CR4_PAE               0x00000020
#define EFER                  0xc0000080
#define EFER_LME_NXE          0x00000900
#define PTE_P_RW              0x003
#define PTE_P_RW_A_D_PS       0x0e3
#define BOOT_CS64             0x08
#define BOOT_DS               0x10

#define COM1          0x3f8
#define DEBUG_EXIT    0xf4
#define EXIT_NO_GUEST 18 /* xen/shutdown.h */

    .globl layout_image_start
    .set layout_image_start, IMAGE_START

    .section .text.head, "ax", @progbits

/* ---- 1. ------------------------------------------------------------------------------------------------------------------ */

    .macro htag type, flags, size
    .balign 8
    .short \type, \flags
    .long \size
    .endm

    .balign 8
    .globl mb2_header
mb2_header:
    .long MB2_HEADER_MAGIC, MB2_ARCH_I386, mb2_header_end - mb2_header
    .long -(MB2_HEADER_MAGIC + MB2_ARCH_I386 + (mb2_header_end - mb2_header))
    htag MB2_HTAG_INFO, 0, 16
    .long MB2_TAG_CMDLINE, MB2_TAG_MMAP
    htag MB2_HTAG_INFO, MB2_HTAG_OPTIONAL, 20
    .long MB2_TAG_BASIC_MEM, MB2_TAG_ACPI_OLD, MB2_TAG_ACPI_NEW
    htag MB2_HTAG_ENTRY, 0, 12 /* the ELF header's entry is a virtual address */
    .long PA(boot_entry32)
    htag MB2_HTAG_CONSOLE, MB2_HTAG_OPTIONAL, 12
    .long MB2_CONSOLE_TEXT
#ifdef CONFIG_FRAMEBUFFER
    htag MB2_HTAG_SCREEN, MB2_HTAG_OPTIONAL, 20
    .long 0, 0, 0 /* width, height, depth: as the loader likes */
#endif
    htag MB2_HTAG_ALIGN, 0, 8
    htag MB2_HTAG_END, 0, 8
mb2_header_end:

/* A note is aligned to 4 bytes and alone in its segment: loaders round the name's size up to the segment's alignment. */
    .section .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, XEN_ELFNOTE_PHYS32_ENTRY
1:  .asciz "Xen"
2:  .balign 4
3:  .quad PA(boot_entry_pvh) /* QEMU reads eight bytes */
4:

    .section .text.head

/* ---- 2. ------------------------------------------------------------------------------------------------------------------ */

    .code32

/* PVH says nothing in eax. What ebx points to begins with a magic number, which C checks. */
    .globl boot_entry_pvh
    .type boot_entry_pvh, @function
boot_entry_pvh:
    cli
    cld
    mov $PA(boot_stack_top), %esp
    mov $XEN_HVM_START_MAGIC_VALUE, %ebp
    jmp boot_common

    .globl boot_entry32
    .type boot_entry32, @function
boot_entry32:
    cli
    cld
    mov $PA(boot_stack_top), %esp
    mov %eax, %ebp /* the protocol, kept for C */

    mov $PA(msg_magic), %esi
    cmp $MB2_BOOT_MAGIC, %ebp
    jne boot_fail

boot_common:
    mov %ebx, %edi /* the loader's information */

    /* A CPU has CPUID if EFLAGS.ID can be changed. */
    mov $PA(msg_cpuid), %esi
    pushf
    pop %eax
    mov %eax, %ecx
    xor $0x200000, %eax
    push %eax
    popf
    pushf
    pop %eax
    push %ecx
    popf
    xor %ecx, %eax
    test $0x200000, %eax
    jz boot_fail

    mov $PA(msg_lm), %esi
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb boot_fail
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc boot_fail
    mov $PA(msg_nx), %esi
    bt $20, %edx
    jnc boot_fail
    /* SYSCALL is not checked here: Intel's CPUID only tells in 64-bit mode. cpu.c does. */

/* ---- 3. ------------------------------------------------------------------------------------------------------------------ */

    /* Four L2 tables: 2048 pages of 2 MiB. */
    mov $PTE_P_RW_A_D_PS, %eax
    mov $PA(boot_l2), %edx
    mov $2048, %ecx
1:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    dec %ecx
    jnz 1b

    mov $(PA(boot_l2) + PTE_P_RW), %eax
    mov %eax, PA(boot_l3_image)
    mov $PA(boot_l3), %edx
    mov $4, %ecx
2:  mov %eax, (%edx)
    add $0x1000, %eax
    add $8, %edx
    dec %ecx
    jnz 2b

    movl $(PA(boot_l3) + PTE_P_RW), PA(boot_l4)
    movl $(PA(boot_l3) + PTE_P_RW), PA(boot_l4) + 8 * ((DIRECT_MAP_START >> 39) & 511)
    movl $(PA(boot_l3_image) + PTE_P_RW), PA(boot_l4) + 8 * ((IMAGE_START >> 39) & 511)

    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PA(boot_l4), %eax
    mov %eax, %cr3
    mov $EFER, %ecx
    rdmsr
    or $EFER_LME_NXE, %eax
    wrmsr
    mov $CR0_PE_MP_ET_NE_WP_PG, %eax
    mov %eax, %cr0
    lgdt PA(boot_gdt_ptr)
    ljmp $BOOT_CS64, $PA(boot_entry64)

/* ---- 4. ------------------------------------------------------------------------------------------------------------------ */

    .code64
boot_entry64:
    movabs $1f, %rax
    jmp *%rax
1:  mov $BOOT_DS, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    lea boot_stack_top(%rip), %rsp
    mov %edi, %esi /* information */
    mov %ebp, %edi /* protocol */
    xor %ebp, %ebp /* backtraces end here */
    call boot_start
    ud2

/* ---- 5. ------------------------------------------------------------------------------------------------------------------ */

    .code32
    .macro serial_out reg, val
    mov $(COM1 + \reg), %edx
    mov $\val, %al
    out %al, %dx
    .endm

/* esi: the message. Nothing is set up: the port is programmed from scratch, 115200 8n1. */
boot_fail:
    serial_out 3, 0x80
    serial_out 0, 1
    serial_out 1, 0
    serial_out 3, 3
    serial_out 4, 3
    mov $0xb8000, %edi
    push %esi
    mov $PA(msg_prefix), %esi
    call boot_puts
    pop %esi
    call boot_puts
    mov $PA(msg_end), %esi
    call boot_puts
    mov $DEBUG_EXIT, %edx
    mov $EXIT_NO_GUEST, %eax
    out %eax, %dx
3:  hlt
    jmp 3b

/* Print the string at esi on COM1, and on the text screen at edi. A port that never gets ready is given up on. */
boot_puts:
    lodsb
    test %al, %al
    jz 6f
    cmp $' ', %al
    jb 7f
    mov $0x0f, %ah
    mov %ax, (%edi)
    add $2, %edi
7:  mov %al, %bl
    mov $0x10000, %ecx
4:  mov $(COM1 + 5), %edx
    in %dx, %al
    test $0x20, %al
    jnz 5f
    dec %ecx
    jnz 4b
5:  mov %bl, %al
    mov $COM1, %edx
    out %al, %dx
    jmp boot_puts
6:  ret

    .section .rodata.boot, "a", @progbits
msg_prefix: .asciz "Tenon cannot start: "
msg_magic:  .asciz "not booted by a multiboot2 loader"
msg_cpuid:  .asciz "the CPU has no CPUID"
msg_lm:     .asciz "the CPU has no 64-bit mode"
msg_nx:     .asciz "the CPU has no NX (or the firmware has switched it off)"
msg_end:    .asciz "\r\n"

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code, DPL 0 */
    .quad 0x00cf93000000ffff /* data */
boot_gdt_ptr:
    .short . - boot_gdt - 1
    .long PA(boot_gdt), 0

    .section .bss.page_aligned, "aw", @nobits
    .balign 4096
boot_l4:       .skip 4096
boot_l3:       .skip 4096
boot_l3_image: .skip 4096
boot_l2:       .skip 4 * 4096
boot_stack:    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
