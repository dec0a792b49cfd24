import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './files.ts'

/** The version of package.json, and when its sources were last changed. */
export type Edition = Readonly<{ version: string; date: Date }>

/**
 * The same for the same commit, whenever and wherever it is asked. The date is SOURCE_DATE_EPOCH where that is set
 * (https://reproducible-builds.org/specs/source-date-epoch/), else that of the commit; seconds.
 */
export function readEdition(): Edition {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? commitEpoch()
  if (!/^\d+$/.test(epoch)) {
    throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(epoch)}, and not a number of seconds`)
  }
  return { version, date: new Date(Number(epoch) * 1000) }
}

function commitEpoch(): string {
  const git = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' })
  return git.trim()
}
