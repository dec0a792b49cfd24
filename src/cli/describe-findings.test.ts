import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../core/index.ts'
import { countRefusals, describeFindings } from './describe-findings.ts'
import { Output } from './output.ts'

const nowhere = { write: () => undefined, writeBytes: async () => undefined, isTerminal: false, columns: 80 }
const output = new Output(nowhere, nowhere, { json: false, jsonProgress: false, noColor: true })

function finding(severity: Finding['severity'], code: string): Finding {
  return { code, severity, subject: 'nova', evidence: 'seen', remedy: 'mend it' }
}

const MIXED = [
  finding('info', 'A'),
  finding('warn', 'B'),
  finding('refuse', 'C'),
  finding('warn', 'D'),
  finding('refuse', 'E'),
]

test('findings that refuse come first, then warnings, then the rest, each group in its own order', () => {
  const lines = describeFindings(MIXED, output).filter((line) => !line.includes('remedy'))
  assert.deepEqual(
    lines.map((line) => line.split('  ', 2).join(' ')),
    ['refuse C', 'refuse E', 'warn B', 'warn D', 'info A'],
  )
})

test('a remedy to run the command that runs says to run it again; another command keeps its name', () => {
  const recovering = new Output(nowhere, nowhere, {
    json: false,
    jsonProgress: false,
    noColor: true,
    command: 'node recover',
  })
  const remedy = 'free space, then run `anneal node recover` again; see `anneal node status`'
  const lines = describeFindings([{ ...finding('warn', 'B'), remedy }], recovering)
  assert.match(lines[1] ?? '', /then run this command again; see `anneal node status`$/)
  assert.match(
    describeFindings([{ ...finding('warn', 'B'), remedy }], output)[1] ?? '',
    /`anneal node recover`/,
  )
})

test('the count says how many findings would refuse a release', () => {
  assert.equal(countRefusals(MIXED), '2 of 5 findings would refuse a release')
  assert.equal(countRefusals([finding('warn', 'B')]), '0 of 1 finding would refuse a release')
})
