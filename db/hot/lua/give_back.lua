local id = read(ARGV[1]).decision_id
if held_by(id) ~= ARGV[2] then return 0 end
come_back(id)
return 1
