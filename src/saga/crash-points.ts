/** Thrown where the simulated program dies. Nothing may catch it. */
export class CrashSignal extends Error {
  override readonly name = 'CrashSignal'
}

/**
 * Numbers every boundary between the program and its world: each call passes one before it acts and one after.
 * A program that has died stays dead: every later call throws, too, until `revive`.
 */
export class CrashPoints {
  #passed = 0
  #crashAt = Number.POSITIVE_INFINITY
  #dead = false
  #hookAt = Number.POSITIVE_INFINITY
  #hook: (() => void) | undefined
  readonly names: string[] = []

  get passed(): number {
    return this.#passed
  }

  /** The program dies at the `number`-th boundary from now (the first is 1). */
  crashAt(number: number): void {
    this.#crashAt = this.#passed + number
  }

  /** Something else happens on the node at the `number`-th boundary from now. */
  at(number: number, happens: () => void): void {
    this.#hookAt = this.#passed + number
    this.#hook = happens
  }

  /** A new process of the program: boundaries no longer kill it. */
  revive(): void {
    this.#dead = false
    this.#crashAt = Number.POSITIVE_INFINITY
  }

  /** Wraps a call: boundary, effect, boundary. Between the two the effect is done and its outcome is lost. */
  async around<T>(name: string, act: () => T | Promise<T>): Promise<T> {
    this.pass(`before ${name}`)
    const result = await act()
    this.pass(`after ${name}`)
    return result
  }

  /** One boundary. */
  pass(name: string): void {
    if (this.#dead) throw new CrashSignal(name)
    this.#passed += 1
    this.names.push(name)
    if (this.#passed === this.#hookAt) this.#hook?.()
    if (this.#passed >= this.#crashAt) {
      this.#dead = true
      throw new CrashSignal(name)
    }
  }
}
