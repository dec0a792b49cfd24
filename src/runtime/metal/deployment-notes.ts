import { asDeploymentNote } from '../../contract/index.ts'
import type { DeploymentNote } from '../../contract/index.ts'
import type { DeployPlan } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'

/** The note of one deployment. A run on another machine does not have it, and does without. */
export class DeploymentNotes {
  readonly #world: MetalWorld
  readonly #plan: DeployPlan
  #note: DeploymentNote | undefined

  private constructor(world: MetalWorld, plan: DeployPlan, note: DeploymentNote | undefined) {
    this.#world = world
    this.#plan = plan
    this.#note = note
  }

  static async open(world: MetalWorld, plan: DeployPlan): Promise<DeploymentNotes> {
    const kept = await world.records.read(plan.node.uuid, plan.id)
    return new DeploymentNotes(world, plan, asDeploymentNote(kept))
  }

  get consolePosition(): number | undefined {
    return this.#note?.consolePosition
  }

  get silentAt(): string | undefined {
    return this.#note?.silentAt
  }

  /** Written before Ironic is asked: another run knows from it which boot the console tells of. */
  async begin(startedAt: string, consolePosition: number | undefined): Promise<void> {
    await this.#keep({
      schema: 'anneal.deployment-note/1',
      deployment: this.#plan.id,
      startedAt,
      ...(consolePosition === undefined ? {} : { consolePosition }),
    })
  }

  /** Written before Ironic is asked for another boot than the one that the note is of. */
  async expectBoot(consolePosition: number | undefined): Promise<void> {
    const startedAt = this.#note?.startedAt ?? new Date(this.#world.clock.now()).toISOString()
    await this.begin(startedAt, consolePosition)
  }

  /** The next run that finds the machine as silent as this need not wait for it once more. */
  async gaveUp(sign: string): Promise<void> {
    const startedAt = new Date(this.#world.clock.now()).toISOString()
    const note = this.#note ?? { schema: 'anneal.deployment-note/1', deployment: this.#plan.id, startedAt }
    await this.#keep({ ...note, silentAt: sign })
  }

  async #keep(note: DeploymentNote): Promise<void> {
    this.#note = note
    await this.#world.records.save(this.#plan.node.uuid, this.#plan.id, note)
  }
}
