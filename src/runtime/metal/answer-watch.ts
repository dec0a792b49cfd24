import type { Ready } from '../../metal/index.ts'
import type { MachineConsole, MetalWorld } from '../../ports/index.ts'

/** How much of a console is kept to look for the mark in: more than any line. */
const KEPT_CHARACTERS = 65_536
const SSH_TIMEOUT_MS = 5000

/**
 * Waits for a machine to show that it is up. A console is listened to from before Ironic is asked, so that what it said
 * of an earlier boot does not count and what it says quickly is not missed.
 */
export class AnswerWatch {
  readonly #world: MetalWorld
  readonly #ready: Ready
  readonly #earlier: number | undefined
  #console: MachineConsole | undefined
  #heard = ''
  #answer: string | undefined

  /** `earlier` is where the console's file ended when an earlier run asked Ironic for this deployment. */
  constructor(world: MetalWorld, ready: Ready, earlier: number | undefined) {
    this.#world = world
    this.#ready = ready
    this.#earlier = earlier
  }

  /** The greeting, or the line with the mark. */
  get answer(): string | undefined {
    return this.#answer
  }

  get consolePosition(): number | undefined {
    return this.#console?.position
  }

  /** How the wait is called in the timeline. */
  get state(): string {
    switch (this.#ready.kind) {
      case 'ssh':
        return 'waiting for SSH'
      case 'console':
        return 'waiting for the console'
      case 'active':
        return 'done'
    }
  }

  /** Completes `Cannot see that node is ready: …`. */
  get missing(): string {
    switch (this.#ready.kind) {
      case 'ssh':
        return `no SSH server answers at ${this.#ready.host}, port ${this.#ready.port}`
      case 'console':
        return `its console did not say ${JSON.stringify(this.#ready.text)}`
      case 'active':
        return 'nothing is waited for'
    }
  }

  /** `joining` where an earlier run asked Ironic for the boot that is waited for. */
  async begin(how: 'afresh' | 'joining'): Promise<void> {
    if (this.#ready.kind !== 'console') return
    const from = how === 'afresh' ? 'now' : (this.#earlier ?? 'now')
    this.#console = await this.#world.machine.openConsole(this.#ready.source, from)
  }

  /** What the console has said so far does not count: another boot is asked for. */
  async expectBoot(): Promise<void> {
    await this.close()
    this.#heard = ''
    await this.begin('afresh')
  }

  async answered(): Promise<boolean> {
    switch (this.#ready.kind) {
      case 'active':
        return true
      case 'ssh': {
        const { host, port } = this.#ready
        this.#answer = await this.#world.machine.sshBanner(host, port, SSH_TIMEOUT_MS)
        return this.#answer !== undefined
      }
      case 'console':
        return this.#hears(this.#ready.text)
    }
  }

  async #hears(mark: string): Promise<boolean> {
    this.#heard = (this.#heard + ((await this.#console?.read()) ?? '')).slice(-KEPT_CHARACTERS)
    const at = this.#heard.indexOf(mark)
    if (at === -1) return false
    const begin = this.#heard.lastIndexOf('\n', at) + 1
    const end = this.#heard.indexOf('\n', at)
    this.#answer = this.#heard.slice(begin, end === -1 ? undefined : end).trim()
    return true
  }

  async close(): Promise<void> {
    await this.#console?.close()
  }
}
