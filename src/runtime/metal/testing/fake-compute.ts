import type { Server } from '../../../metal/index.ts'
import type { Compute, ServerSpec } from '../../../ports/index.ts'

export type ComputeSnapshot = Readonly<{
  servers: readonly Server[]
  keys: readonly string[]
  done: readonly string[]
  created: readonly ServerSpec[]
}>

/** Servers in memory. What becomes of them is the test's to say. */
export class FakeCompute implements Compute {
  servers: readonly Server[] = []
  keys: readonly string[] = []
  readonly done: string[] = []
  readonly created: ServerSpec[] = []
  /** Called with the id of each server that was asked for, started or removed. */
  onChange: (what: 'created' | 'started' | 'removed', id: string) => void = () => undefined

  /** Called before and after each call that changes something. */
  onEvery: (what: string) => void = () => undefined

  snapshot(): ComputeSnapshot {
    const { servers, keys, done, created } = this
    return { servers, keys, done, created }
  }

  restore({ servers, keys, done, created }: ComputeSnapshot): void {
    this.servers = servers
    this.keys = keys
    this.done.push(...done)
    this.created.push(...created)
  }

  change(id: string, more: Partial<Server>): void {
    this.servers = this.servers.map((one) => (one.id === id ? { ...one, ...more } : one))
  }

  flavor(): Promise<never> {
    return Promise.reject(new TypeError('not part of this fake'))
  }

  marked(name: string, value: string): Promise<readonly Server[]> {
    return Promise.resolve(this.servers.filter((one) => one.metadata[name] === value))
  }

  server(id: string): Promise<Server | undefined> {
    return Promise.resolve(this.servers.find((one) => one.id === id))
  }

  async createServer(spec: ServerSpec): Promise<string> {
    this.onEvery('before create')
    const id = `server-${this.created.length + 1}`
    this.created.push(spec)
    const { name, metadata } = spec
    this.servers = [...this.servers, { id, name, metadata, status: 'BUILD', createdAt: '' }]
    return this.#changed('created', id)
  }

  async removeServer(id: string): Promise<void> {
    this.servers = this.servers.filter((one) => one.id !== id)
    await this.#changed('removed', id)
  }

  async startServer(id: string): Promise<void> {
    this.change(id, { status: 'ACTIVE' })
    await this.#changed('started', id)
  }

  hasKey(name: string): Promise<boolean> {
    return Promise.resolve(this.keys.includes(name))
  }

  keepKey(name: string): Promise<void> {
    this.keys = [...this.keys, name]
    return Promise.resolve()
  }

  #changed(what: 'created' | 'started' | 'removed', id: string): Promise<string> {
    this.done.push(`${what} ${id}`)
    this.onChange(what, id)
    this.onEvery(`after ${what}`)
    return Promise.resolve(id)
  }
}
