import { createWriteStream, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { must } from '../../run.ts'
import { CHASSIS, isOn } from '../machine.ts'
import type { Machine } from '../machine.ts'
import { BOOT_TARGETS } from './resources.ts'
import type { BootOverride, RedfishMachine, ResetType } from './resources.ts'

/** What a Redfish service remembers of a machine besides its chassis: all of it as files in the machine's directory. */
const OVERRIDE = 'redfish-boot.json'
const MEDIA = 'cdrom.iso'
const MEDIA_URL = 'cdrom-url'

export function look(machine: Machine): RedfishMachine {
  const { uuid, name, cpus, memoryMiB, diskGiB, mac, firmware } = machine
  const media = join(machine.directory, MEDIA_URL)
  return {
    id: uuid,
    name,
    cpus,
    memoryMiB,
    diskGiB,
    mac,
    firmware,
    isOn: isOn(machine),
    boot: readOverride(machine),
    media: existsSync(media) ? readFileSync(media, 'utf8') : undefined,
  }
}

/** Takes effect when the machine is next switched on or reset. */
export async function overrideBoot(machine: Machine, override: BootOverride): Promise<void> {
  writeFileSync(join(machine.directory, OVERRIDE), JSON.stringify(override))
  const device = override.enabled === 'Disabled' ? 'default' : BOOT_TARGETS[override.target]
  await set(machine, 'boot', device)
}

export async function reset(machine: Machine, type: ResetType): Promise<void> {
  switch (type) {
    case 'On':
      await set(machine, 'power', '1')
      break
    case 'ForceOff':
      await set(machine, 'power', '0')
      return
    case 'GracefulShutdown':
      await set(machine, 'shutdown', '1')
      return
    case 'ForceRestart':
    case 'GracefulRestart':
      await set(machine, 'reset', '1')
      break
  }
  // Used up: the next time the machine starts as it is set up.
  if (readOverride(machine).enabled === 'Once')
    await overrideBoot(machine, { target: 'None', enabled: 'Disabled' })
}

/** Fetches an image into the virtual CD drive; the machine sees it when it is next switched on. */
export async function insertMedia(machine: Machine, url: string): Promise<void> {
  const response = await fetch(url)
  if (!response.ok || response.body === null) throw new Error(`${url}: status ${response.status}`)
  const target = join(machine.directory, MEDIA)
  await pipeline(Readable.fromWeb(response.body), createWriteStream(`${target}.new`))
  renameSync(`${target}.new`, target)
  writeFileSync(join(machine.directory, MEDIA_URL), url)
}

export function ejectMedia(machine: Machine): void {
  for (const name of [MEDIA, MEDIA_URL]) rmSync(join(machine.directory, name), { force: true })
}

function readOverride(machine: Machine): BootOverride {
  const path = join(machine.directory, OVERRIDE)
  if (!existsSync(path)) return { target: 'None', enabled: 'Disabled' }
  return JSON.parse(readFileSync(path, 'utf8')) as BootOverride
}

async function set(machine: Machine, parameter: string, value: string): Promise<void> {
  await must('use the chassis', [CHASSIS, machine.directory, 'set', parameter, value])
}
