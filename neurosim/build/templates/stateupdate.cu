{# USES_VARIABLES { N } #}
{# ALLOWS_SCALAR_WRITE #}
{# The code that begins a step sets `ready`: before its own kernel, the host starts those that make the step's
   currents. #}
{% extends 'common_group.cu' %}
{% block host_maincode %}
    {% if ready is defined %}
    neurosim::propagate({{get_array_name(variables['t_in_timesteps'], access_data=False)}}[0]);
    {% endif %}
{% endblock %}
