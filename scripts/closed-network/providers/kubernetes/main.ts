import { serve } from "../plugin.ts";
import { kubernetesProvider } from "./provider.ts";

declare const STAND_IN_VERSION: string;

serve(kubernetesProvider(STAND_IN_VERSION));
