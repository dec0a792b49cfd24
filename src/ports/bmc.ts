import type { BmcAddress, BootOrder, PowerState } from '../conductor/index.ts'

/**
 * The board management controller of one machine. Every call ends when the controller has answered, not when the machine has
 * done what was asked. It throws BMC_UNREACHABLE, BMC_CREDENTIALS, BMC_REFUSED, BMC_UNABLE. No error holds a credential.
 */
export interface Bmc {
  power(signal?: AbortSignal): Promise<PowerState>
  /** `reset` needs a machine that is on. `on` and `off` are nothing where it is so already. `off` does not ask the system. */
  setPower(wanted: 'on' | 'off' | 'reset', signal?: AbortSignal): Promise<void>
  /** Asks the system of the machine to shut down (ACPI). It may take minutes, or not obey. Nothing where the machine is off. */
  shutDown(signal?: AbortSignal): Promise<void>
  /** How long it lasts: many controllers can choose for the next start alone. */
  bootFrom(order: BootOrder, signal?: AbortSignal): Promise<BootOrder['lasts']>
  /** Listens to the serial port of the machine. Resolves once the controller passes it on; one listener at a time. */
  openConsole(signal?: AbortSignal): Promise<BmcConsole>
}

export type BmcConsole = Readonly<{
  /** What the machine says from now on; ends where the controller ends it. To be read once. */
  text: AsyncIterable<Uint8Array>
  /** Has the controller end it, so that others can listen. */
  close(): Promise<void>
}>

export type OpenBmc = (address: BmcAddress) => Bmc
