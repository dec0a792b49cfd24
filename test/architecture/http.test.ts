import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readModulesBelow } from '../../scripts/source/index.ts'

/** What undici makes connections with, up to the end of its options. */
const MAKERS = /\b(?:new (?:Agent|EnvHttpProxyAgent|ProxyAgent|Pool|Client)|buildConnector)\(\{[^;]*?\}\)/gs

function makersIn(text: string): readonly string[] {
  return /from 'undici'/.test(text) ? (text.match(MAKERS) ?? []) : []
}

const overHttp2 = (text: string): readonly string[] =>
  makersIn(text).filter((maker) => !/\ballowH2: false\b/.test(maker))

/** undici 8.13 takes HTTP/2 where a server offers it, and never says that an upload is lost whose connection breaks. */
test('no request goes over HTTP/2', () => {
  const modules = readModulesBelow('src').filter(({ path }) => !path.endsWith('.test.ts'))
  assert.ok(modules.flatMap(({ text }) => makersIn(text)).length > 4, 'the connections are found')
  assert.deepEqual(
    modules.flatMap(({ path, text }) => overHttp2(text).map((maker) => `${path}: ${maker}`)),
    [],
  )
  assert.equal(overHttp2("import { Agent } from 'undici'\nnew Agent({ connect })").length, 1)
})
