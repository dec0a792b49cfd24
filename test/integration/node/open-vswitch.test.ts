import { ovsBehaviour } from './support/ovs-behaviour.ts'

ovsBehaviour('docker')
