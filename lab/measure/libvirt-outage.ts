import { mkdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, api, create, gone, libvirtdPid, remove } from './nested-engine.ts'

/**
 * Runs on a host of the test bed: where the seconds of a libvirt upgrade go. `libvirt-outage.ts RUNS CONTAINER`, where
 * CONTAINER is the libvirt that runs now. Prints the minimum, median and maximum of each phase in milliseconds.
 */
const [runs = '7', first = 'libvirt'] = process.argv.slice(2)
const CACHE = '/var/cache/measure'
let current = first

type Phases = Readonly<Record<string, number>>

/** The plain way: stop the old container, start the new one. */
async function stopThenStart(image: string, cache: string | undefined): Promise<Phases> {
  const name = await next(image, cache)
  const ended = gone(libvirtdPid())
  const began = performance.now()
  const stop = api('POST', `/containers/${current}/stop?t=10`)
  const exited = await ended
  await stop
  const stopped = performance.now()
  await api('POST', `/containers/${name}/start`)
  const started = performance.now()
  const answered = await answers()
  await replace(name)
  return {
    'stop call → libvirtd gone': exited - began,
    'libvirtd gone → stop call returns': stopped - exited,
    'start call → returns': started - stopped,
    'start returned → API answers': answered - started,
    outage: answered - began,
  }
}

/** The new container is started first and stands by. */
async function standBy(image: string, cache: string): Promise<Phases> {
  const name = await next(image, cache)
  await api('POST', `/containers/${name}/start`)
  while (!(await api<string>('GET', `/containers/${name}/logs?stderr=1`)).includes('standing by'))
    await sleep(20)
  const ended = gone(libvirtdPid())
  const began = performance.now()
  const stop = api('POST', `/containers/${current}/stop?t=10`)
  const exited = await ended
  const answered = await answers()
  await stop
  await replace(name)
  return {
    'stop call → libvirtd gone': exited - began,
    'libvirtd gone → API answers': answered - exited,
    outage: answered - began,
  }
}

/** What libvirt takes by itself: its daemon ends and starts again inside one container. */
async function bareRestart(): Promise<Phases> {
  const daemon = libvirtdPid()
  const began = performance.now()
  process.kill(daemon, 'SIGTERM')
  const exited = await gone(daemon)
  const answered = await answers()
  return {
    'SIGTERM → libvirtd gone': exited - began,
    'libvirtd gone → API answers': answered - exited,
    outage: answered - began,
  }
}

/** Fills the cache from a throw-away container of the image: no network, no host pids, nothing of the host but the cache. */
async function warm(image: string): Promise<void> {
  await remove('warm')
  // Asking for capabilities is what makes libvirt probe QEMU; merely starting does not, where there are no guests.
  const script =
    'libvirtd & until virsh domcapabilities >/dev/null 2>&1; do sleep 0.02; done; kill $!; wait $!'
  await api('POST', '/containers/create?name=warm', {
    Image: `localhost/anneal/${image}`,
    NetworkDisabled: true,
    Entrypoint: ['sh', '-c', script],
    HostConfig: { Init: true, Binds: [`${CACHE}:/var/cache/libvirt`] },
  })
  await api('POST', '/containers/warm/start')
  await api('POST', '/containers/warm/wait')
  await remove('warm')
}

let counter = 0
async function next(image: string, cache: string | undefined): Promise<string> {
  counter += 1
  const name = `libvirt-${counter}`
  await create({ name, image, ...(cache === undefined ? {} : { cache }) })
  return name
}

async function replace(name: string): Promise<void> {
  await remove(current)
  current = name
}

async function series(title: string, step: (run: number) => Promise<Phases>): Promise<void> {
  const rows: Phases[] = []
  for (let run = 0; run < Number(runs); run += 1) {
    await sleep(1500)
    rows.push(await step(run))
  }
  process.stdout.write(`${title} (${rows.length} runs, milliseconds: minimum / median / maximum)\n`)
  for (const phase of Object.keys(rows[0] ?? {})) {
    const values = rows.map((row) => row[phase] ?? Number.NaN).sort((a, b) => a - b)
    const shown = [values[0], values[Math.floor(values.length / 2)], values.at(-1)].map((value) =>
      value?.toFixed(0),
    )
    process.stdout.write(`  ${phase.padEnd(36)} ${shown.join(' / ')}\n`)
  }
}

const OLD = 'nova-libvirt:bookworm'
const NEW = 'nova-libvirt:bookworm-backports'
mkdirSync(CACHE, { recursive: true })
for (const image of [OLD, NEW]) {
  await series(`${image}, stop then start, cold cache`, () => stopThenStart(image, undefined))
  await stopThenStart(image, CACHE)
  await series(`${image}, stop then start, warm cache`, () => stopThenStart(image, CACHE))
  await series(`${image}, stand-by, warm cache`, () => standBy(image, CACHE))
}
await series('alternating versions, stand-by, cache warmed beforehand', async (run) => {
  const image = run % 2 === 0 ? OLD : NEW
  await warm(image)
  return standBy(image, CACHE)
})
for (const image of [OLD, NEW]) {
  await api('POST', `/containers/${current}/stop?t=10`)
  counter += 1
  const name = `bare-${counter}`
  await create({ name, image, cache: CACHE, command: ['sh', '-c', 'while :; do libvirtd; done'] })
  await api('POST', `/containers/${name}/start`)
  await answers()
  await replace(name)
  await series(`${image}, libvirtd restarted inside one container, warm cache`, bareRestart)
}
process.stdout.write(`load average ${readFileSync('/proc/loadavg', 'utf8')}`)
