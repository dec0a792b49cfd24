import type { BootTrace, NetbootMachine, NetbootSettings } from '../conductor/index.ts'

/**
 * DHCP and TFTP for the machines of one conductor. It serves iPXE for BIOS and UEFI, and iPXE fetches its script over HTTP
 * (`bootScriptUrl`). Throws NETBOOT_….
 */
export interface Netboot {
  /** Throws NETBOOT_PROGRAM_MISSING where nothing is there that the firmware of this machine could boot. */
  check(machine: Pick<NetbootMachine, 'firmware' | 'architecture'>): void
  /**
   * Serves these machines from now on, and no others. Addresses that machines have stay theirs. A machine that `check` refuses
   * gets an address, and nothing to boot.
   */
  serve(machines: readonly NetbootMachine[]): Promise<void>
  /** The address that a machine has by its own answers; undefined where another server gives the addresses. */
  addressOf(machine: string): string | undefined
  /** Watches a machine from now on, for what is to be told of it; undefined where another server gives the addresses. */
  watch(machine: string): () => BootTrace | undefined
  /** Settles when it does not run any more although nobody stopped it: with the last lines that it wrote. */
  readonly ended: Promise<Error>
  stop(): Promise<void>
}

/** Resolves once it answers. Everything it writes is kept in `directory`. */
export type StartNetboot = (settings: NetbootSettings, directory: string) => Promise<Netboot>
