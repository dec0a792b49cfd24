/** The Redfish service as a program: its argument is a file with what redfishServer needs, readable by root only. */
import { readFileSync } from 'node:fs'
import { redfishServer } from './server.ts'
import type { RedfishOptions } from './server.ts'

type Settings = Omit<RedfishOptions, 'password'> &
  Readonly<{ passwordFile: string; address: string; port: number }>

const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Settings
const password = readFileSync(settings.passwordFile, 'utf8')
redfishServer({ ...settings, password }).listen(settings.port, settings.address)
