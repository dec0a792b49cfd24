import type { ProcessId } from '../process.ts'

/**
 * What a process is apart from its name: asked of few processes, since it costs more than a reading of /proc, and of
 * each that a stop would end.
 */
export type CloserLook = ProcessId &
  Readonly<{
    /** Whether the executable itself is QEMU's system emulator, under any name; `unreadable` where it is gone. */
    content: 'emulator' | 'other' | 'unreadable'
    /** Virtual memory, in bytes: unlike the resident part it does not shrink when the process is swapped out. */
    sizeBytes: number
    /** Open files that only a virtual machine, or what works for one, has. */
    opens: readonly OpenFile[]
    /** Names of the Unix sockets that it holds: those it listens at, and its ends of connections to them. */
    sockets?: readonly string[]
  }>

export type OpenFile = Readonly<{
  /**
   * `virtualMachine`: KVM's own handle of a machine or of a processor of it. `kvm`: /dev/kvm. `tap`: /dev/net/tun or a
   * macvtap. `disk`: a disk image or a block device, open for writing. `fuse`: /dev/fuse, by which it serves a file system.
   */
  kind: 'virtualMachine' | 'kvm' | 'tap' | 'disk' | 'fuse'
  /** As the process sees it. */
  path: string
}>
