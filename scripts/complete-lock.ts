/**
 * Adds to package-lock.json what a registry that lacks other platforms' binaries leaves out:
 *
 *     node scripts/complete-lock.ts
 *
 * `npm ci` refuses a lock that has no line for an optional dependency, also for one that it would never install. Run it
 * after every `npm install`; test/architecture/lock.test.ts says when it is needed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completeLock } from './lock/index.ts'
import type { Lock } from './lock/index.ts'
import { ROOT } from './source/index.ts'

const path = join(ROOT, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
const { completed, added } = completeLock(lock)
if (added.length > 0) writeFileSync(path, `${JSON.stringify(completed, undefined, 2)}\n`)
process.stderr.write(`${added.length} packages added to package-lock.json\n`)
