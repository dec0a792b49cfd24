/**
 * One of libvirt's live status files, `<run>/libvirt/qemu/NAME.xml`: what libvirt reads back when it starts
 * (root element `domstatus`, written by virDomainObjFormat in libvirt's src/conf/domain_conf.c).
 */
export type StatusFile = Readonly<{
  name: string
  path: string
  xml: string
  /** Lower case with dashes. */
  uuid: string
  pid: number | undefined
  domainId: number | undefined
  /** `domstatus/@state`: `running`, `paused`, … */
  state: string
  /** `<qemuCaps>` flags, in file order. */
  capabilityFlags: readonly string[]
  emulator: string
  machineType: string
  /**
   * Files that hold consoles: `<source path>` of file-backed serials and consoles, and `<log file>` of any.
   * Paths as libvirt sees them.
   */
  consoleLogs: readonly string[]
  /** Files and directories that it names, as libvirt sees them: disks, what they are based on, firmware, kernels, shared directories. */
  files: readonly string[]
  /** Storage pools that it names in disks and what they lie on (`type='volume'`), each once. */
  storagePools: readonly string[]
  /** QEMU's output and its file consoles go through virtlogd (`<chardevStdioLogd/>`); absent where that is not known. */
  stdioLogd?: boolean
}>
