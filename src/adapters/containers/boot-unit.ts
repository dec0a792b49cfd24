import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Whether systemd starts the unit at boot: it is the init of this host, and some target wants the unit
 * (the links `systemctl enable` makes, systemd.unit(5)).
 */
export async function enabledAtBoot(unit: string, root = '/'): Promise<boolean> {
  if (!(await exists(join(root, 'run/systemd/system')))) return false
  for (const folder of ['etc/systemd/system', 'usr/lib/systemd/system', 'run/systemd/system']) {
    const entries = await namesIn(join(root, folder))
    const wanting = entries.filter(
      (name) => name.endsWith('.target.wants') || name.endsWith('.target.requires'),
    )
    for (const target of wanting) {
      if ((await namesIn(join(root, folder, target))).includes(unit)) return true
    }
  }
  return false
}

export async function systemdIsInit(): Promise<boolean> {
  return exists('/run/systemd/system')
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => [])
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
