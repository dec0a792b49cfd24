/*
 * The tick guest without an operating system, for hosts that are emulated themselves: there a Linux guest boots for ten
 * minutes. One boot sector, which ticks as soon as the BIOS has read it and halts between ticks.
 *   ttyS1: `T <number> <microseconds>` for each interrupt of the PIT. The time is that of the HPET, which runs by itself:
 *          a gap in the times is a guest that stood still, a gap in the numbers a tick lost on its way out.
 *   ttyS0: the console: `alive <seconds>` once a second. What the port does not take at once waits for the next tick:
 *          whoever blocks the console does not hold up the ticks.
 * The word at offset 508 is the divisor of the PIT (of 1193182 Hz); whoever lays the disk writes it.
 *
 * Intel 8254 (PIT) and 8259A (PIC), NS16550 (serial port), IA-PC HPET Specification 1.0a clause 2.3. Assembled by
 *   as --32 -o FILE.o boot-sector.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o FILE FILE.o
 */
        .set    HPET, 0xfed00000
        .set    TIMER, 0x20                     /* vector of IRQ 0 */
        .set    CODE, 0x08                      /* selectors */
        .set    DATA, 0x10
        /* Memory that the BIOS leaves to what it boots. */
        .set    LINE, 0x600
        .set    CONSOLE, 0x680
        .set    IDT, 0x1000
        /* Offsets in `variables`. */
        .set    NUMBER, 0
        .set    SECOND, 4
        .set    COUNTS, 8                       /* of the HPET in a microsecond */
        .set    AT, 12                          /* console: its next byte, and the end of the line */
        .set    END, 16
        .set    DIVISOR, 20

        .text
        .globl  _start
        .code16
_start: xorl    %edx, %edx
        movw    %dx, %ds
        movw    $0x00e3, %ax                    /* both ports to 8N1, by the BIOS */
        int     $0x14
        movw    $0x00e3, %ax
        incw    %dx
        int     $0x14
        cli
        inb     $0x92, %al                      /* line A20: the HPET is at an odd megabyte */
        orb     $2, %al
        outb    %al, $0x92
        lgdtl   gdt
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $CODE, $flat

        .code32
no_hpet:
        movl    $complaint, %esi
        movl    $complaint_end, %edi
        movw    $0x3fd, %dx
        call    send
        cli
halted: hlt
        jmp     halted

flat:   movw    $DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x7c00, %esp
        movl    $variables, %ebp
        cld

        movl    HPET + 4, %ecx                  /* femtoseconds of a count: 1 to 0x05f5e100, where there is one */
        leal    -1(%ecx), %eax
        cmpl    $0x05f5e100, %eax
        jae     no_hpet
        movl    $1000000000, %eax
        xorl    %edx, %edx
        divl    %ecx
        movl    %eax, COUNTS(%ebp)
        orl     $1, HPET + 0x10                 /* ENABLE_CNF */

        /* Gates for the eight interrupts of the first PIC; any other vector ends the machine. */
        movl    $IDT + 8 * TIMER, %edi
        pushl   $8
        popl    %ecx
1:      movl    $(CODE << 16) + interrupted, %eax
        stosl
        movl    $0x8e00, %eax
        stosl
        loop    1b
        lidt    idt_pointer

        movb    $0x11, %al                      /* the first PIC: ICW1 to ICW4, then nothing but IRQ 0 */
        outb    %al, $0x20
        movb    $TIMER, %al
        outb    %al, $0x21
        movb    $4, %al
        outb    %al, $0x21
        movb    $1, %al
        outb    %al, $0x21
        movb    $0xfe, %al
        outb    %al, $0x21
        movb    $0x34, %al                      /* the PIT: channel 0, both bytes, mode 2 */
        outb    %al, $0x43
        movb    DIVISOR(%ebp), %al
        outb    %al, $0x40
        movb    DIVISOR + 1(%ebp), %al
        outb    %al, $0x40

tick:   sti                                     /* takes effect after hlt: an interrupt that waits is not slept over */
        hlt
        cli
        movl    $LINE, %edi
        movw    $'T' + (' ' << 8), %ax
        stosw
        movl    NUMBER(%ebp), %eax
        incl    NUMBER(%ebp)
        xorl    %edx, %edx
        call    decimal
        movb    $' ', %al
        stosb
2:      movl    HPET + 0xf4, %edx
        movl    HPET + 0xf0, %eax
        cmpl    HPET + 0xf4, %edx
        jne     2b
        movl    COUNTS(%ebp), %ecx
        call    divide
        pushl   %eax
        pushl   %edx
        call    decimal
        movb    $'\n', %al
        stosb
        movl    $LINE, %esi
        movw    $0x2fd, %dx
3:      call    send
        jne     3b
        popl    %edx
        popl    %eax

        movl    $1000000, %ecx
        call    divide
        movl    AT(%ebp), %esi
        movl    END(%ebp), %edi
        cmpl    %edi, %esi                      /* the line before is still on its way */
        jne     4f
        cmpl    %eax, SECOND(%ebp)
        je      5f
        movl    %eax, SECOND(%ebp)
        movl    $CONSOLE, %edi
        movl    %edi, %esi
        pushl   %eax
        movl    $'a' + ('l' << 8) + ('i' << 16) + ('v' << 24), %eax
        stosl
        movw    $'e' + (' ' << 8), %ax
        stosw
        popl    %eax
        call    decimal
        movw    $'\r' + ('\n' << 8), %ax
        stosw
        movl    %edi, END(%ebp)
4:      movw    $0x3fd, %dx
        call    send
        movl    %esi, AT(%ebp)
5:      jmp     tick

interrupted:
        pushl   %eax
        movb    $0x20, %al                      /* end of interrupt */
        outb    %al, $0x20
        popl    %eax
        iret

/* (esi)+ up to edi, to the port whose line status is dx, until it takes no more. Zero flag: all is out. Clobbers al. */
send:   cmpl    %edi, %esi
        je      7f
        inb     (%dx), %al
        testb   $0x20, %al                      /* transmitter holding register empty */
        jz      6f
        subb    $5, %dl
        lodsb
        outb    %al, (%dx)
        addb    $5, %dl
        jmp     send
6:      incb    %al                             /* was not 0xff: clears the zero flag */
7:      ret

/* edx:eax by ecx: quotient in edx:eax, remainder in ebx. */
divide: movl    %eax, %ebx
        movl    %edx, %eax
        xorl    %edx, %edx
        divl    %ecx
        xchgl   %eax, %ebx
        divl    %ecx
        xchgl   %edx, %ebx
        ret

/* edx:eax in decimal to (edi)+. Clobbers eax, ebx, ecx, edx. */
decimal:
        pushl   $0
        movl    $10, %ecx
8:      call    divide
        addl    $'0', %ebx
        pushl   %ebx
        movl    %edx, %ebx
        orl     %eax, %ebx
        jnz     8b
9:      popl    %eax
        stosb
        testl   %eax, %eax
        jnz     9b
        decl    %edi                            /* the zero that was pushed first */
        ret

idt_pointer:
        .word   8 * (TIMER + 8) - 1
        .long   IDT
gdt:    .word   23                              /* nobody reads the first descriptor: the table's pointer */
        .long   gdt
        .word   0
        .quad   0x00cf9a000000ffff              /* CODE: 4 GiB from 0 */
        .quad   0x00cf92000000ffff              /* DATA */
complaint:
        .ascii  "no HPET\r\n"
complaint_end:

        .org    512 - 2 - DIVISOR - 2
variables:
        .long   0
        .long   -1
        .long   0
        .long   CONSOLE
        .long   CONSOLE
        .word   23864                           /* 50 Hz */
        .word   0xaa55
