import { lifeBehaviour } from './support/life-behaviour.ts'

lifeBehaviour('docker')
