import { lastLines, openstackConfiguration } from '../lab/index.ts'
import type { Host } from '../lab/index.ts'
import { formatDuration } from '../src/core/index.ts'
import type { RunReport } from '../src/runtime/node/index.ts'
import { expect } from './story.ts'
import type { Story } from './story.ts'

/** Where the example's configs and secrets lie on the host. */
const ETC = '/etc/anneal/compute'

export type Done<T> = Readonly<{ exitCode: number; value: T; said: string }>

/** Anneal on the demo's compute host. */
export class DemoNode {
  readonly #host: Host
  readonly #story: Story

  constructor(host: Host, story: Story) {
    this.#host = host
    this.#story = story
  }

  /** Runs `anneal …` there; what it says goes into the story as it comes, its JSON comes back. */
  async anneal<T = Readonly<Record<string, unknown>>>(...words: string[]): Promise<Done<T>> {
    this.#story.say(`$ anneal ${words.join(' ')}`)
    const result = await this.#host.exec(['/opt/anneal/anneal', ...words, '--json'], {
      timeoutMs: 300_000 * this.#host.patience,
      env: { ANNEAL_ENGINE: 'docker', NO_COLOR: '1' },
      onStderrLine: (line) => this.#story.say(line),
    })
    expect(
      result.exitCode !== 124,
      `anneal ${words.join(' ')} did not end in time`,
      lastLines(`${result.stderr}\n${result.stdout}`),
    )
    const value = result.stdout.trim() === '' ? undefined : JSON.parse(result.stdout)
    return { exitCode: result.exitCode, value: value as T, said: result.stderr }
  }

  /** An upgrade or rollback that must end with this exit code; its report. */
  async run(exitCode: number, ...words: string[]): Promise<RunReport> {
    const done = await this.anneal<RunReport>(...words)
    expect(
      done.exitCode === exitCode,
      `anneal ${words.join(' ')} ended with ${done.exitCode}, not ${exitCode}`,
      done.said,
    )
    const steps = done.value.timings.filter(({ ms }) => ms >= 500).toSorted((a, b) => b.ms - a.ms)
    const told = steps.map(({ effect, subject, ms }) => `${effect} ${subject} ${formatDuration(ms)}`)
    if (told.length > 0) this.#story.say(`steps of half a second and more: ${told.join(', ')}`)
    return done.value
  }

  /** Writes the release's configs and secrets: settings apart from what must not be seen. */
  async writeConfiguration(): Promise<void> {
    const files = openstackConfiguration()
    const transport = /^transport_url = .*$/m
    for (const [path, target, secret] of [
      ['/etc/nova/nova.conf', 'nova.conf', 'secrets/nova.conf'],
      ['/etc/neutron/neutron.conf', 'neutron.conf', 'secrets/neutron.conf'],
      ['/etc/neutron/plugins/ml2/linuxbridge_agent.ini', 'linuxbridge_agent.ini', undefined],
    ] as const) {
      const text = files[path] ?? ''
      await this.#write(`${ETC}/${target}`, text.replace(transport, ''), '644')
      if (secret !== undefined)
        await this.#write(`${ETC}/${secret}`, `[DEFAULT]\n${transport.exec(text)?.[0] ?? ''}\n`, '444')
    }
  }

  /**
   * A release of the example: the Compose file with these images' tags, locked. `mark` makes every service's
   * container differ, so that the whole release is replaced; `edit` changes the text further.
   */
  async lockRelease(
    name: string,
    libvirtTag: string,
    edit: (text: string) => string = (text) => text,
  ): Promise<string> {
    const file = `/etc/anneal/${name}.yaml`
    const example = await this.#host.must(['cat', '/opt/anneal/examples/compute/compose.yaml'])
    const marked = example.replace(
      /^ {2}restart: unless-stopped$/m,
      `  restart: unless-stopped\n  labels: {demo.release: ${name}}`,
    )
    await this.#write(file, edit(marked), '644')
    await this.#write(`/etc/anneal/.env`, `ANNEAL_LIBVIRT=${libvirtTag}\n`, '644')
    const done = await this.anneal('node', 'lock', file)
    expect(done.exitCode === 0, `cannot lock ${name}`, done.said)
    return `/etc/anneal/${name}.locked.yaml`
  }

  async #write(path: string, text: string, mode: string): Promise<void> {
    await this.#host.sh(`install -d "$(dirname ${path})"; cat >${path}; chmod ${mode} ${path}`, {
      input: text,
    })
  }
}
