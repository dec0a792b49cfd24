import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { endingWithUs } from './index.ts'

test('a program ends with the process that started it, also where that is killed', async (context) => {
  if (!existsSync('/usr/bin/setpriv')) return context.skip('needs setpriv of util-linux')
  const { program, words } = endingWithUs('sleep', ['60'])
  const script = `const child = require('node:child_process').spawn(${JSON.stringify(program)}, ${JSON.stringify(words)})
    console.log(child.pid)
    setInterval(() => undefined, 1000)`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)))
  const runs = (): boolean => {
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep' &&
        !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
      )
    } catch {
      return false
    }
  }
  for (let waited = 0; waited < 5000 && !runs(); waited += 20) await sleep(20)
  assert.ok(runs())
  parent.kill('SIGKILL')
  for (let waited = 0; waited < 5000 && runs(); waited += 20) await sleep(20)
  assert.ok(!runs())
})
