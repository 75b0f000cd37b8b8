update lock set depth = depth + $by, step = $step where resource = $resource;
