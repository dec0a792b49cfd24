import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { raise } from './errors.ts'

export type IscsiTarget = Readonly<{
  /** An IP address. */
  address: string
  port: number
  /** Name of the target: `iqn.…`. */
  name: string
  lun: number
  user: string
  password: string
}>

const PROGRAM = 'qemu-io'
/** A target that answers nothing for this long is gone. */
const SILENCE_MS = 60_000
const MOST_SAID = 2000
/** It is printed when the login is done, and at the end of each answer. */
const PROMPT = 'qemu-io> '

/**
 * One session with an iSCSI target, by qemu-io of QEMU with libiscsi: it reads commands from its standard input.
 * INVARIANTS: one command at a time. The password is in a file of the private directory, never in arguments.
 */
export class Initiator {
  readonly #target: IscsiTarget
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<unknown>
  #said = ''
  #heard: ((line: string) => void) | undefined
  #isOver = false

  private constructor(target: IscsiTarget, child: ChildProcessWithoutNullStreams) {
    this.#target = target
    this.#child = child
    this.#ended = new Promise((resolve) => {
      child.once('close', () => {
        this.#isOver = true
        this.#heard?.('')
        resolve(undefined)
      })
      child.once('error', (error) => (this.#said += error.message))
    })
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
  }

  /** `directory` is private to the caller, who removes it. Throws ISCSI_LOGIN, ISCSI_TOOL_MISSING. */
  static async login(target: IscsiTarget, directory: string, signal: AbortSignal): Promise<Initiator> {
    const secret = join(directory, 'chap')
    await writeFile(secret, target.password, { mode: 0o600 })
    const options = {
      driver: 'raw',
      'file.driver': 'iscsi',
      'file.transport': 'tcp',
      'file.portal': `${target.address.includes(':') ? `[${target.address}]` : target.address}:${target.port}`,
      'file.target': target.name,
      'file.lun': String(target.lun),
      'file.user': target.user,
      'file.password-secret': 'chap',
    }
    const image = Object.entries(options).map(([name, value]) => `${name}=${value.replaceAll(',', ',,')}`)
    const words = ['--object', `secret,id=chap,file=${secret}`, '--image-opts', image.join(',')]
    const child = spawn(PROGRAM, words, { env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' }, signal })
    const initiator = new Initiator(target, child)
    const said = await initiator.#ask('')
    if (said !== undefined) return initiator
    signal.throwIfAborted()
    await initiator.end()
    throw initiator.#loginFailed()
  }

  /** The content of a file. Throws ISCSI_WRITE. */
  async write(file: string, offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.#change(`write -s ${file} ${offsetBytes} ${lengthBytes}`, offsetBytes, lengthBytes)
  }

  /** Throws ISCSI_WRITE. */
  async writeZeros(offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.#change(`write -z ${offsetBytes} ${lengthBytes}`, offsetBytes, lengthBytes)
  }

  /** Everything that was written is on the disk when this resolves. Throws ISCSI_WRITE. */
  async flush(): Promise<void> {
    // It answers nothing to a flush that went well.
    const said = await this.#ask('flush\n')
    if (said === undefined || /error|failed/i.test(said)) throw this.#writeFailed(0, 0)
  }

  async end(): Promise<void> {
    this.#child.stdin.end('quit\n')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000)
    await this.#ended
    clearTimeout(timer)
  }

  async #change(command: string, offsetBytes: number, lengthBytes: number): Promise<void> {
    const said = await this.#ask(`${command}
`)
    if (
      said === undefined ||
      !said.includes(`wrote ${lengthBytes}/${lengthBytes} bytes at offset ${offsetBytes}`)
    )
      throw this.#writeFailed(offsetBytes, lengthBytes)
  }

  /** What was said since the command, up to the next prompt; undefined where the program ends or is silent. */
  async #ask(command: string): Promise<string | undefined> {
    if (this.#isOver) return undefined
    this.#said = ''
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const silence = setTimeout(() => resolve(undefined), SILENCE_MS)
    this.#heard = () => {
      silence.refresh()
      if (this.#said.endsWith(PROMPT)) resolve(this.#said)
      else if (this.#isOver) resolve(undefined)
    }
    this.#child.stdin.write(command)
    const said = await promise
    clearTimeout(silence)
    this.#heard = undefined
    return said
  }

  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-MOST_SAID)
    this.#heard?.(text)
  }

  #why(): string {
    return this.#said.replaceAll(PROMPT, '').trim().split('\n').slice(-3).join('; ') || 'it does not answer'
  }

  #loginFailed(): Error {
    const why = this.#why()
    if (/ENOENT|Unknown (?:driver|protocol)/.test(why)) return raise('ISCSI_TOOL_MISSING', { why })
    const { name, address, port } = this.#target
    return raise('ISCSI_LOGIN', { target: name, portal: `${address}:${port}`, why })
  }

  #writeFailed(offsetBytes: number, lengthBytes: number): Error {
    return raise('ISCSI_WRITE', { target: this.#target.name, offsetBytes, lengthBytes, why: this.#why() })
  }
}
