import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'

/** Read last of all drop-ins: systemd sorts them by name, whichever directory they are in (systemd.unit(5)). */
const NAME = 'zzzz-anneal.conf'

/** Where the drop-in of a unit is: it outlives a reboot, and applies to units that a generator makes, too. */
export function dropInPath(unit: string): string {
  return `/etc/systemd/system/${unit}.d/${NAME}`
}

/**
 * What keeps a unit from acting. The condition holds for everybody who asks for a start: a boot, a timer, a unit that
 * requires it, a person; such a start is skipped and is no failure. It names the drop-in itself, so that `systemctl
 * status` says where the reason is, and so that the unit is free again as soon as the file is gone. `Restart=` and the
 * commands for the end are systemd.service(5); a unit that restarts on certain exit codes does so whatever `Restart=`
 * says. Who else is in the unit's cgroup (what ExecStartPost= started, systemd.kill(5)) and what is in its RuntimeDirectory= may be
 * what guests stand on: both stay. The exit codes are those of a container that was asked to stop: the unit has not failed then.
 */
function dropInText(unit: string): string {
  return `# Anneal runs what this unit ran. \`anneal node give-back\` or a rollback to what was adopted gives it
# back; by hand: remove this file and run \`systemctl daemon-reload\`.
[Unit]
ConditionPathExists=!${dropInPath(unit).replaceAll('%', '%%')}
${HARMLESS}`
}

const HARMLESS = `FailureAction=none
SuccessAction=none

[Service]
Restart=no
RestartForceExitStatus=
SuccessExitStatus=1 125 130 137 143 SIGTERM SIGKILL
ExecStop=
ExecStopPost=
KillMode=process
RuntimeDirectoryPreserve=yes
`

/**
 * For the moment of one start: the unit starts with another command, and does no harm if that fails. A process that runs is no matter of
 * the unit's files, so with the file gone the unit is as its owner wrote it.
 */
export function attachText(command: string): string {
  return `# Anneal is giving this unit back: it is there for a moment only.
[Unit]
${HARMLESS}ExecStart=
ExecStart=${command.replaceAll('%', '%%')}
`
}

/** Whether a drop-in of the unit is on disk with just this text. */
export function hasDropIn(root: string, unit: string): boolean {
  try {
    return readFileSync(join(root, dropInPath(unit)), 'utf8') === dropInText(unit)
  } catch {
    return false
  }
}

/** Writes it so that after a power cut it is there whole, or not at all. */
export function writeDropIn(root: string, unit: string, text = dropInText(unit)): void {
  const path = join(root, dropInPath(unit))
  makeFolderSync(dirname(path), { mode: 0o755 })
  // systemd reads only names that end in .conf.
  const next = `${path}.new`
  const file = openSync(next, 'w', 0o644)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  syncDirectory(dirname(path))
  syncDirectory(dirname(dirname(path)))
}

/** Takes it away for good; its directory, too, where nothing else is in it. */
export function removeDropIn(root: string, unit: string): void {
  const path = join(root, dropInPath(unit))
  const directory = dirname(path)
  rmSync(`${path}.new`, { force: true })
  rmSync(path, { force: true })
  try {
    syncDirectory(directory)
    rmdirSync(directory)
    syncDirectory(dirname(directory))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
