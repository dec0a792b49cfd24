import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenStackLab, RunResult } from '../../lab/index.ts'

const COMPUTE_API = '2.87'

/** The `openstack` client against a lab, as an operator types it. */
export class Cloud {
  readonly #lab: OpenStackLab

  constructor(lab: OpenStackLab) {
    this.#lab = lab
  }

  run(...words: readonly string[]): Promise<RunResult> {
    return this.#lab.openstack(['--os-compute-api-version', COMPUTE_API, ...words])
  }

  /** A command that must succeed and whose words do not matter. */
  async must(...words: readonly string[]): Promise<void> {
    const result = await this.run(...words)
    assert.equal(result.exitCode, 0, result.stderr)
  }

  /** What a command says of one thing. */
  async one(...words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const result = await this.run(...words, '-f', 'json')
    assert.equal(result.exitCode, 0, result.stderr)
    return JSON.parse(result.stdout) as Record<string, unknown>
  }

  async list(...words: readonly string[]): Promise<readonly Readonly<Record<string, string>>[]> {
    return (await this.one(...words)) as unknown as Record<string, string>[]
  }

  /** A server; it must not have failed. */
  async server(name: string): Promise<Readonly<Record<string, unknown>>> {
    const shown = await this.one('server', 'show', name)
    assert.notEqual(shown['status'], 'ERROR', JSON.stringify(shown['fault']))
    return shown
  }
}

/** Asks again and again: these machines are slow, and so are the services when others use the machine, too. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 600): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`${what}: not after ${seconds} s`)
    await sleep(500)
  }
}
