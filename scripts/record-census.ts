/**
 * Records what a census is taken from, on the machine it runs on, as a fixture for src/node/guests/take-census.test.ts:
 *
 *     node scripts/record-census.ts NAME.json 'what machine this is' [run directory of libvirt]
 *
 * Only processes of virtualisation and of container engines are kept, and of containers only what the census reads.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { libvirtGuestFiles } from '../src/adapters/libvirt/index.ts'
import { procReader } from '../src/adapters/proc/index.ts'
import type { Container } from '../src/node/index.ts'

const KEPT =
  /^(qemu-.*|libvirtd|virtqemud|virtlogd|virtlockd|swtpm|virtiofsd|passt.*|slirp-helper|nbdkit|dnsmasq|dbus-daemon|dockerd|containerd.*|conmon|systemd-machine)$/

const [, , out, source, stateDir] = process.argv
if (out === undefined || source === undefined)
  throw new TypeError('usage: record-census.ts FILE SOURCE [STATE_DIR]')

const [table, statusFiles] = [await procReader().table(), await libvirtGuestFiles(stateDir).statusFiles()]
const fixture = {
  source,
  containers: ['docker', 'podman'].flatMap(inspectAll),
  // The XML itself is only in the way: everything that the census reads of it stands beside it.
  statusFiles: statusFiles.map((file) => ({
    ...file,
    xml: '',
    capabilityFlags: file.capabilityFlags.slice(0, 2),
  })),
  table: { ...table, processes: table.processes.filter(({ name }) => KEPT.test(name)) },
}
writeFileSync(out, `${JSON.stringify(fixture, undefined, 1)}\n`)

function inspectAll(engine: string): readonly Partial<Container>[] {
  try {
    const ids = run(engine, ['ps', '--all', '--quiet', '--no-trunc']).split('\n').filter(Boolean)
    if (ids.length === 0) return []
    const inspected = JSON.parse(run(engine, ['inspect', ...ids])) as readonly Inspected[]
    return inspected.map((one) => ({
      id: one.Id,
      name: one.Name.replace(/^\//, ''),
      labels: one.Config.Labels ?? {},
      rootUpperDir: one.GraphDriver.Data['UpperDir'],
      mounts: one.Mounts.map(({ Type, Source, Destination, RW }) => ({
        type: Type === 'bind' ? 'bind' : 'volume',
        source: Source,
        target: Destination,
        readOnly: !RW,
      })),
    }))
  } catch {
    return []
  }
}

type Inspected = Readonly<{
  Id: string
  Name: string
  Config: Readonly<{ Labels?: Readonly<Record<string, string>> | null }>
  GraphDriver: Readonly<{ Data: Readonly<Record<string, string>> }>
  Mounts: readonly Readonly<{ Type: string; Source: string; Destination: string; RW: boolean }>[]
}>

function run(program: string, argv: readonly string[]): string {
  return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
